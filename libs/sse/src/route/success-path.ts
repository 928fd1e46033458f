import type { HttpServer, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { rawResponseOf } from '../platform/platform.js';
import { pendingStreamOf } from './pending-stream.js';
import { STREAM_TEMPLATE } from './stream-route.js';

/**
 * Where Nest writes the result of a stream route. Guards, pipes, the handler and all interceptors are done then
 * and nothing has failed: whatever fails goes to the exception filters instead, and never comes here. So Nest's
 * pipeline alone decides who answers, however long each of its parts takes.
 */
export class SuccessPath implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleInit(): void {
    // An application context has no HTTP server.
    const adapter = this.adapterHost.httpAdapter as HttpServer | undefined;
    if (adapter === undefined || prepared.has(adapter)) return;
    prepared.add(adapter);
    const render = adapter.render as (...args: unknown[]) => unknown;
    adapter.render = (response: object, view: unknown, result: unknown) =>
      view === STREAM_TEMPLATE
        ? answer(adapter, response, result)
        : render.call(adapter, response, view, result);
  }
}

// Several applications may share one.
const prepared = new WeakSet<HttpServer>();

/**
 * Lets the route's owner answer, or answers with what an interceptor gave in its place.
 * @param value what the application's interceptors made of the owner's `undefined`
 */
async function answer(
  adapter: HttpServer,
  response: object,
  value: unknown,
): Promise<unknown> {
  const raw = rawResponseOf(response);
  const { handover } = pendingStreamOf(raw);
  if (handover?.isMeant(value, raw.statusCode) === true) {
    await handover.answer();
    // Fastify's replies are thenable: Nest waits for one that is not taken over, as on a plain route.
    return response;
  }
  handover?.cancel();
  if (adapter.isHeadersSent?.(response) === true) return response;
  return adapter.reply(response, value) as unknown;
}
