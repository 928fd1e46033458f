import type { EventStreamError } from './event-stream-error.js';

/** What `fetch()` takes as headers. */
export type StreamHeaders = ConstructorParameters<typeof Headers>[0];

/** Where a cursor outlives the page: `sessionStorage`, `localStorage`, or one's own, which may be asynchronous. */
export interface CursorStore {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
}

/**
 * Whether the data of an event is what it should be: it returns `false`, or throws, if not. The `parse` of a schema and a
 * validator that returns a boolean will do.
 */
export type EventCheck = (data: unknown) => unknown;

/** All optional. Durations are milliseconds. */
export interface EventStreamOptions<
  Events extends object = Record<string, unknown>,
> {
  /** @default 'GET', or 'POST' where there is a body */
  readonly method?: string;
  /** An object or array becomes JSON. It is sent again with each attempt, so that it cannot be a stream. */
  readonly body?: unknown;
  /** Called for each attempt where it is a function, so that tokens are fresh. */
  readonly headers?:
    StreamHeaders | (() => StreamHeaders | Promise<StreamHeaders>);
  /**
   * Whether cookies go along, as `fetch()` has it.
   * @default 'same-origin'
   */
  readonly credentials?: RequestCredentials;
  /** EventSource's own name for `credentials: 'include'`. */
  readonly withCredentials?: boolean;
  /**
   * Any function with the contract of `fetch()`.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Closes the stream, as `close()` does. */
  readonly signal?: AbortSignal;
  /**
   * Called once when the server answers 401, before the request is made again: time to get a new token. A second 401 in
   * a row is final.
   */
  readonly onUnauthorized?: () => unknown;
  /**
   * Types of events whose data stays text, or `true` for all. Everything else is parsed as JSON.
   * @default false
   */
  readonly raw?: boolean | readonly string[];
  /**
   * Checks the data of events by their types before `on()`, `onAny()` and loops get it. What is refused goes to
   * `onFailure()` as `INVALID_EVENT`, and the stream goes on.
   * @default nothing is checked
   */
  readonly check?: {
    readonly [Type in keyof Events]?: EventCheck | undefined;
  };
  /** The id to start after, such as another stream's `lastEventId`; `''` starts at the latest event, whatever is stored. */
  readonly lastEventId?: string;
  /**
   * Keeps the cursor across page loads: `sessionStorage` for a tab, `localStorage` for all of an origin. It is stored
   * once the events before it were handed to all listeners and taken by all loops.
   */
  readonly persist?: CursorStore;
  /** @default 'event-stream:' and the URL */
  readonly persistKey?: string;
  /**
   * Sends the cursor as this query parameter in place of the header, which spares a cross-origin GET its preflight. The
   * server knows `lastEventId`.
   */
  readonly cursorParameter?: string;
  /** How long to wait before the next request after a failure. */
  readonly retry?: RetryOptions;
  /**
   * How long the response's headers may take, in milliseconds; `false` for ever.
   * @default 30_000
   */
  readonly connectTimeoutMs?: number | false;
  /**
   * How long an open stream may be silent before it is taken for lost, in milliseconds; `false` for ever.
   * @default two heartbeats, which the server announces; for ever if it does not
   */
  readonly idleTimeoutMs?: number | false;
  /**
   * The largest event, and the longest line.
   * @default 16 MiB
   */
  readonly maxEventBytes?: number;
}

/** How to come back after a failure. */
export interface RetryOptions {
  /**
   * The first wait is up to this many milliseconds, and each further one up to twice as long, unless the server says
   * otherwise.
   * @default 1_000
   */
  readonly baseMs?: number;
  /**
   * The longest wait, in milliseconds.
   * @default 30_000
   */
  readonly maxMs?: number;
  /**
   * Whether to try again; `failures` counts those in a row.
   * @default (error) => error.retryable
   */
  readonly when?: (error: EventStreamError, failures: number) => boolean;
}
