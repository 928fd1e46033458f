import type { CallHandler } from '@nestjs/common';
import { EMPTY, Observable } from 'rxjs';
import { subscribeFor } from '../bus/binding/consumer.js';
import { runHandler } from '../bus/binding/handler-context.js';
import { discardSource } from '../connection/source/source.js';
import { startSource } from '../connection/source/start-source.js';
import type { StreamConnection } from '../connection/stream-connection.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { pendingStreamOf, type HandlerCall } from './pending-stream.js';
import type { StreamRoute } from './stream-route.js';

/** What a handler is called for. */
export interface HandlerSite {
  readonly exchange: HttpExchange;
  readonly route: StreamRoute;
  readonly connection: StreamConnection;
  /** Settles how the stream behaves: interceptors may say so until the handler has returned. */
  configure(): void;
}

/**
 * Calls what is below the route's owner (pipes, interceptors of the method, the handler) and starts the source that
 * comes back. Resolves when that is ready for the headers to leave, or when the connection is over: its client has
 * gone, or the handler has answered by itself.
 */
export function startStream(
  site: HandlerSite,
  next: CallHandler,
): Promise<void> {
  // Fastify and Express tell nobody of an answer that is on its way.
  if (site.route.usesResponse) site.exchange.watchAnswers();
  return site.route.isPipelined
    ? startPipelined(site, next)
    : startDirect(site, next);
}

/** The usual case: the source never enters Nest's pipeline, which is over before the stream begins. */
async function startDirect(
  site: HandlerSite,
  next: CallHandler,
): Promise<void> {
  const { connection } = site;
  let source: unknown;
  expectCall(site, (returned) => {
    source = returned;
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    const subscription = next
      .handle()
      .subscribe({ complete: resolve, error: reject });
    connection.stopWith(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
  if (connection.isOver) return;
  site.configure();
  await connection.attachSource(source);
}

/**
 * With interceptors of the user's own on the method: they see every value, so that the source passes
 * through Nest's pipeline, which then lives as long as the stream.
 */
async function startPipelined(
  site: HandlerSite,
  next: CallHandler,
): Promise<void> {
  const { connection } = site;
  let hasBegun = false;
  const begin = (): void => {
    if (hasBegun) return;
    hasBegun = true;
    site.configure();
  };
  await new Promise<void>((resolve, reject) => {
    let isReady = false;
    const ready = (): void => {
      isReady = true;
      resolve();
    };
    expectCall(site, (source) => pipelined(source, connection, begin, ready));
    const values = next.handle();
    const { subscription } = subscribeFor(connection.binding, values, {
      next: (value: unknown) => {
        begin();
        connection.next(value);
      },
      error: (error: unknown) => {
        if (isReady) connection.error(error);
        else reject(error as Error);
      },
      complete: () => {
        begin();
        connection.complete();
        ready();
      },
    });
    connection.stopWith(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
}

/** @param accept turns what the handler returned into what Nest gets to see */
function expectCall(
  site: HandlerSite,
  accept: (source: unknown) => unknown,
): void {
  const { connection, exchange, route } = site;
  const settle = (source: unknown): unknown => {
    const isAnswered =
      exchange.isAnswered || (route.takesResponse && source === undefined);
    if (isAnswered) connection.abandon();
    if (!connection.isOver) return accept(source);
    // Nobody is left to read it.
    discardSource(source, route.name);
    return EMPTY;
  };
  const call: HandlerCall = (handler) => {
    const result = runHandler(connection.binding, handler);
    return result instanceof Promise ? result.then(settle) : settle(result);
  };
  pendingStreamOf(exchange.response).handlerCall = call;
}

function pipelined(
  source: unknown,
  connection: StreamConnection,
  begin: () => void,
  onReady: () => void,
): Observable<unknown> {
  return new Observable((subscriber) => {
    begin();
    let stop: (() => void) | undefined;
    startSource(source, connection.binding, subscriber, false).then(
      (started) => {
        if (subscriber.closed) started();
        else stop = started;
        onReady();
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => stop?.();
  });
}
