/**
 * Every way the library can refuse or fail, as a stable code to branch on.
 *
 * | code | when |
 * | --- | --- |
 * | `INVALID_OPTIONS` | options of the module, a route, a log or a call; all problems are in one message |
 * | `INVALID_TOPIC` | a topic outside the grammar, or a wildcard in a plain string |
 * | `TOO_MANY_TOPICS` | a stream that names more than `maxTopicsPerStream` topics and patterns |
 * | `INVALID_PATTERN` | text that `pattern()` does not accept |
 * | `INVALID_EVENT` | an event class that fails its own class-validator rules, or an object that cannot be published |
 * | `VALIDATION_TIMEOUT` | validators of an event that did not answer within `validationTimeoutMs` |
 * | `INVALID_MESSAGE` | a field that could not go on the wire as it is (CR, LF, NUL, type of the value) |
 * | `UNSERIALIZABLE_DATA` | data that JSON cannot hold: a cycle, more than 512 levels, a BigInt, bytes, an error, a Map, `undefined` |
 * | `EVENT_TOO_LARGE` | an event over `maxEventBytes` |
 * | `PUBLISH_REJECTED` | the log refused the event: it is nowhere |
 * | `PUBLISH_UNKNOWN` | the log did not answer in time: the event may appear; publish again with the same `messageId` |
 * | `LOG_UNAVAILABLE` | the engine of the event log cannot be reached at the moment |
 * | `LOG_UNSUITABLE` | the engine of the event log is too old, read-only, or uses the log's keys otherwise |
 * | `MISSING_PACKAGE` | an optional package has to be installed for this |
 * | `NOT_SUPPORTED` | the event log's engine does not have this ability |
 * | `NOT_A_STREAM` | a handler returned something that is no stream |
 * | `ASYNC_CALLBACK` | a `filter` or `map` of a bus stream, a `slowConsumer.key` or an id generator that returned a Promise |
 * | `SECOND_BUS_STREAM` | a second bound bus stream on one connection |
 * | `FOREIGN_BUS_STREAM` | a bus stream or an event of one connection was about to reach another one |
 * | `NO_STREAM_CONTEXT` | a stream parameter, or a bus stream that is returned, on a route that is no `@SseStream()` |
 * | `UNAUTHENTICATED` | no principal |
 * | `TOPIC_FORBIDDEN` | the principal may not read that topic |
 * | `SESSION_EXPIRED` | the principal's time is over: come back with new credentials |
 * | `DISCONNECTED` | `SseConnections.disconnect()` ended the stream |
 * | `TOO_MANY_STREAMS` | the limit of a principal or of an address |
 * | `TOO_MANY_TICKETS` | a principal has too many tickets that wait to be redeemed |
 * | `SERVER_FULL` | the limit of all streams |
 * | `SHUTTING_DOWN` | the server is draining |
 * | `NO_SUCH_SUBSCRIPTION` | no open stream has that token, or it is another principal's |
 * | `NO_SUCH_RUN` | nothing runs under that key, or it is not yours |
 * | `RUN_FAILED` | the producer of a run failed |
 * | `RUN_LOST` | the node that produced a run died |
 * | `RUN_LIMIT` | a run went over its time, events or bytes, or its principal has too many runs |
 * | `INTERNAL_ERROR` | anything else; details are in the server's log only |
 */
export type SseErrorCode =
  | 'INVALID_OPTIONS'
  | 'INVALID_TOPIC'
  | 'TOO_MANY_TOPICS'
  | 'INVALID_PATTERN'
  | 'INVALID_EVENT'
  | 'VALIDATION_TIMEOUT'
  | 'INVALID_MESSAGE'
  | 'UNSERIALIZABLE_DATA'
  | 'EVENT_TOO_LARGE'
  | 'PUBLISH_REJECTED'
  | 'PUBLISH_UNKNOWN'
  | 'LOG_UNAVAILABLE'
  | 'LOG_UNSUITABLE'
  | 'MISSING_PACKAGE'
  | 'NOT_SUPPORTED'
  | 'NOT_A_STREAM'
  | 'ASYNC_CALLBACK'
  | 'SECOND_BUS_STREAM'
  | 'FOREIGN_BUS_STREAM'
  | 'NO_STREAM_CONTEXT'
  | 'UNAUTHENTICATED'
  | 'TOPIC_FORBIDDEN'
  | 'SESSION_EXPIRED'
  | 'DISCONNECTED'
  | 'TOO_MANY_STREAMS'
  | 'TOO_MANY_TICKETS'
  | 'SERVER_FULL'
  | 'SHUTTING_DOWN'
  | 'NO_SUCH_SUBSCRIPTION'
  | 'NO_SUCH_RUN'
  | 'RUN_FAILED'
  | 'RUN_LOST'
  | 'RUN_LIMIT'
  | 'INTERNAL_ERROR';

/** What an {@link SseException} carries beside its message. */
export interface SseExceptionOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** What was wrong, one entry a problem, for programs to show. */
  readonly details?: readonly SseProblem[];
}

/** One problem of a refused event or option. */
export interface SseProblem {
  /** Where: the option's or property's path, such as `heartbeat.intervalMs`. */
  readonly path: string;
  /** What is wrong with it. */
  readonly message: string;
}

/**
 * The one error class of the library: the message says what was wrong and what to do.
 *
 * @example
 * try {
 *   await bus.publish('orders.42', event);
 * } catch (error) {
 *   if (error instanceof SseException && error.code === 'INVALID_EVENT') return error.details;
 *   throw error;
 * }
 */
export class SseException extends Error {
  readonly details: readonly SseProblem[];

  constructor(
    readonly code: SseErrorCode,
    message: string,
    options: SseExceptionOptions = {},
  ) {
    super(
      message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'SseException';
    this.details = options.details ?? [];
  }
}
