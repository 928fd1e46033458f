import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { SseException } from '../../base/exception.js';

/** Lets an application answer one request. */
export type Dispatch = (
  request: IncomingMessage,
  response: ServerResponse,
) => void;

interface FastifyLike {
  ready(): PromiseLike<unknown>;
  routing: Dispatch;
}

/** How requests reach the application's routes without a port, once it is ready. */
export function dispatcherOf(app: INestApplication): () => Promise<Dispatch> {
  const instance: unknown = app.getHttpAdapter()?.getInstance();
  if (isFastify(instance)) {
    return async () => {
      await instance.ready();
      return (request, response) => instance.routing(request, response);
    };
  }
  if (typeof instance === 'function') {
    const express = instance as Dispatch;
    return async () => (request, response) => {
      pinMethods(request);
      pinMethods(response);
      express(request, response);
    };
  }
  throw new SseException(
    'INVALID_OPTIONS',
    'createFetchHandler() needs an application on Express or Fastify.',
  );
}

function isFastify(instance: unknown): instance is FastifyLike {
  const { ready, routing } = (instance ?? {}) as Partial<FastifyLike>;
  return typeof ready === 'function' && typeof routing === 'function';
}

/**
 * Express gives every request and response a prototype of its own, and with it the methods of real sockets. Those of
 * the injected ones are made properties of the object itself, which Express leaves alone.
 */
function pinMethods(target: object): void {
  const methods = Object.getOwnPropertyDescriptors(
    Object.getPrototypeOf(target) as object,
  );
  for (const [name, descriptor] of Object.entries(methods)) {
    if (name === 'constructor' || Object.hasOwn(target, name)) continue;
    Object.defineProperty(target, name, { ...descriptor, configurable: true });
  }
}
