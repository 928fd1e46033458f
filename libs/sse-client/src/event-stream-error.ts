import type { StreamErrorData } from './control-type.js';

/**
 * Every way a stream can fail, as a stable code to branch on.
 *
 * | code | when | tried again |
 * | --- | --- | --- |
 * | `INVALID_OPTIONS` | the constructor's arguments | thrown by the constructor |
 * | `UNREACHABLE` | no response: network, DNS, TLS, CORS, too many redirects; see `cause` | yes |
 * | `HEADERS_TIMEOUT` | no response within `connectTimeoutMs` | yes |
 * | `REFUSED` | a status other than 200 and 204; see `status` and `body` | 408, 425, 429 and 5xx |
 * | `NOT_A_STREAM` | status 200, but not `text/event-stream`, such as a proxy's HTML page; see `body` | no |
 * | `CONNECTION_LOST` | the response broke off, or ended without `stream-end` | yes |
 * | `SILENT` | nothing came for two heartbeats, or for `idleTimeoutMs` | yes |
 * | `STREAM_FAILED` | the server's `stream-error`; see `data` | if the server says so |
 * | `EVENT_TOO_LARGE` | an event or a line over `maxEventBytes` | no |
 * | `INVALID_JSON` | an event's data is no JSON: `on()` and loops do not get it | the stream goes on |
 * | `INVALID_EVENT` | an event's data is not what the option `check` wants; see `cause`: `on()` and loops do not get it | the stream goes on |
 * | `CALLBACK_FAILED` | `headers()` or `onUnauthorized()` failed; see `cause` | yes |
 * | `STORE_FAILED` | the store of `persist` failed; see `cause` | the stream goes on |
 */
export type EventStreamErrorCode =
  | 'INVALID_OPTIONS'
  | 'UNREACHABLE'
  | 'HEADERS_TIMEOUT'
  | 'REFUSED'
  | 'NOT_A_STREAM'
  | 'CONNECTION_LOST'
  | 'SILENT'
  | 'STREAM_FAILED'
  | 'EVENT_TOO_LARGE'
  | 'INVALID_JSON'
  | 'INVALID_EVENT'
  | 'CALLBACK_FAILED'
  | 'STORE_FAILED';

/** What is known of a failure beside its code. */
export interface EventStreamErrorDetails {
  readonly cause?: unknown;
  /** The response's status: of `REFUSED` and `NOT_A_STREAM`. */
  readonly status?: number;
  /** The beginning of the response's body, about 64 KiB at most: of `REFUSED` and `NOT_A_STREAM`. */
  readonly body?: string;
  /** How long the server asks to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** What the server's `stream-error` said. */
  readonly data?: StreamErrorData;
  /** Whether the same request may succeed when it is made again. */
  readonly retryable?: boolean;
}

/** The one error class of the client: the message says what was wrong, and `code` is what to branch on. */
export class EventStreamError extends Error implements EventStreamErrorDetails {
  declare readonly cause?: unknown;
  declare readonly status?: number;
  declare readonly body?: string;
  declare readonly retryAfterMs?: number | undefined;
  declare readonly data?: StreamErrorData;
  readonly retryable: boolean = false;

  constructor(
    readonly code: EventStreamErrorCode,
    message: string,
    details?: EventStreamErrorDetails,
  ) {
    super(message);
    this.name = 'EventStreamError';
    Object.assign(this, details);
  }
}
