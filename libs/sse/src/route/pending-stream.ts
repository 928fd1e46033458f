import type { ExecutionContext } from '@nestjs/common';
import type { ConnectionCommand } from '../connection/connection-command.js';
import type { PendingConnection } from '../connection/connection-registry.js';
import type { Reservation } from '../connection/limits/connection-limits.js';
import type { EventIdGenerator } from '../connection/output/event-ids.js';
import type { StreamConnection } from '../connection/stream-connection.js';
import type { PrincipalSession } from '../connection/principal-session.js';
import { SseException } from '../base/exception.js';
import { exchangeOf } from '../platform/platform.js';
import type { Handover } from './handover.js';

/** What interceptors may set on a stream before its handler has run. */
export interface StreamConfiguration {
  /** Comments on an idle stream; `false` for none. */
  heartbeat?: { readonly intervalMs: number } | false | undefined;
  /** Ids for a source that is not a bound bus stream. */
  eventIds?: EventIdGenerator | undefined;
}

const NOT_CONFIGURED: Readonly<StreamConfiguration> = Object.freeze({});

/** Calls a stream route's handler; gives what Nest gets to see of its result. */
export type HandlerCall = (handler: () => unknown) => unknown;

/** A stream on its way: guards and interceptors configure it, the owner of the route opens it. */
export class PendingStream implements PendingConnection {
  /** Replaced rather than changed: most streams share this one. */
  configuration: Readonly<StreamConfiguration> = NOT_CONFIGURED;
  /** Who asks, on any guarded route, and what stands behind it. */
  session: PrincipalSession | undefined;
  /** The place it takes among the limits. */
  reservation: Reservation | undefined;
  hasEntered = false;
  /** Whether its clients look at statuses, and would take an event that refuses for an answer. */
  isDataOnly = false;
  /** Stops watching for the client leaving before the stream has opened. */
  stopListening: (() => void) | undefined;
  missedCommands: ConnectionCommand[] | undefined;
  refuse: (() => void) | undefined;
  connection: StreamConnection | undefined;
  handlerCall: HandlerCall | undefined;
  /** How to answer, once the handler has been called and its source is ready. */
  handover: Handover | undefined;
}

// On the raw response, because global interceptors come before the route's own and see only that.
const PENDING = Symbol('SsePendingStream');

interface Carrier {
  [PENDING]?: PendingStream | undefined;
}

/** The stream of a response, made when first asked for. */
export function pendingStreamOf(response: object): PendingStream {
  return ((response as Carrier)[PENDING] ??= new PendingStream());
}

/** The stream of a response whose handler is about to run, if it is one. */
export function handlerCallOf(response: unknown): HandlerCall | undefined {
  const raw = (response as { raw?: unknown } | undefined)?.raw ?? response;
  return typeof raw === 'object' && raw !== null
    ? (raw as Carrier)[PENDING]?.handlerCall
    : undefined;
}

/** Forgets what is only needed until a stream is open: the response may live for hours. */
export function releasePendingStream(response: object): void {
  const pending = (response as Carrier)[PENDING];
  if (pending === undefined) return;
  pending.handlerCall = undefined;
  pending.handover = undefined;
}

/**
 * Configures the stream that a request is about to open; for interceptors of your own, at any level.
 * Does nothing on routes that are no streams.
 *
 * @example
 * intercept(context: ExecutionContext, next: CallHandler) {
 *   configureStream(context, { heartbeat: { intervalMs: 5_000 } });
 *   return next.handle();
 * }
 */
export function configureStream(
  context: ExecutionContext,
  configuration: StreamConfiguration,
): void {
  if (context.getType() !== 'http') return;
  const http = context.switchToHttp();
  const { response } = exchangeOf(http.getRequest(), http.getResponse());
  const pending = pendingStreamOf(response);
  pending.configuration = { ...pending.configuration, ...configuration };
}

/**
 * The connection of an `@SseStream()` route, in its handler or in an interceptor of the method.
 * @throws SseException `NO_STREAM_CONTEXT`
 */
export function connectionOf(context: ExecutionContext): StreamConnection {
  const http = context.switchToHttp();
  const { response } = exchangeOf(http.getRequest(), http.getResponse());
  const { connection } = pendingStreamOf(response);
  if (connection !== undefined) return connection;
  throw new SseException(
    'NO_STREAM_CONTEXT',
    `${context.getClass().name}.${context.getHandler().name} uses a parameter of a stream, but is not an @SseStream() route.`,
  );
}
