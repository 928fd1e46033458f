import type { Observable } from 'rxjs';
import { assertOptions, checkOptions } from '../base/option-rules.js';
import { SseException } from '../base/exception.js';
import type { StreamEvent } from '../event/event-record.js';
import type { SseMessage } from '../event/message.js';
import {
  assertTopic,
  TopicPattern,
  type TopicSelector,
} from '../event/topic.js';
import type { SseConnection } from './binding/sse-connection.js';

/** A snapshot that says itself up to where it goes: later events than `after` follow it. */
export interface SnapshotUpTo {
  readonly data: NonNullable<SseMessage['data']>;
  /** The id of the newest event that the snapshot contains; undefined where it knows of none. */
  readonly after: string | undefined;
}

/**
 * What a snapshot gives: one value (a message, an instance of an event class, data; an array is data), or
 * several as an Observable, an async iterable or a generator.
 */
export type Snapshot =
  SnapshotUpTo | Observable<unknown> | AsyncIterable<unknown> | unknown;

/** How far back a stream resumes. */
export interface ReplayOptions {
  /** A client that missed an older event than this gets a `stream-reset`; in milliseconds. */
  readonly maxAgeMs: number;
}

/** How `bus.stream()` reads its topics. */
export interface BusStreamOptions<Event = StreamEvent> {
  /**
   * Only events for which it returns true. What it leaves out still moves the client's cursor. It cannot be
   * asynchronous: a Promise ends the stream with `ASYNC_CALLBACK`.
   */
  readonly filter?: ((event: Event) => boolean) | undefined;
  /** Sends what it returns in the event's place, under the event's id. Not asynchronous either. */
  readonly map?: ((event: Event) => unknown) | undefined;
  /**
   * State for a client that is new or was reset, sent before the events that follow. It may contain some
   * of them already: keep deltas idempotent, or return {@link SnapshotUpTo}.
   */
  readonly snapshot?: (() => Snapshot | Promise<Snapshot>) | undefined;
  /**
   * `false` starts every client at the newest event and gives no ids.
   * @default everything the log still has
   */
  readonly replay?: false | ReplayOptions | undefined;
  /**
   * A further stream of a connection that has a bound one: live only, without ids. Opened by server code, outside of
   * handlers and operators, it is meant for everybody: any route may return it, and it is not authorised.
   * @default false
   */
  readonly live?: boolean | undefined;
  /**
   * Binds to this connection instead of the handler's own.
   * @default the connection of the route handler that calls
   */
  readonly connection?: SseConnection | undefined;
  /** @internal Where a client without a cursor begins: after this id. */
  readonly from?: string | undefined;
  /** @internal Whether it goes on when all of its topics have ended, because more may be added. */
  readonly staysOpen?: boolean | undefined;
}

/** One or more topics, or patterns. */
export type StreamTarget<T extends string = string> =
  T | TopicPattern<T> | readonly (T | TopicPattern<T>)[];

const NO_PATTERNS: readonly TopicPattern[] = Object.freeze([]);

/** @throws SseException `INVALID_TOPIC` */
export function selectorOf(target: StreamTarget): TopicSelector {
  if (typeof target === 'string') {
    assertTopic(target);
    return { topics: [target], patterns: NO_PATTERNS };
  }
  const list = Array.isArray(target)
    ? (target as readonly (string | TopicPattern)[])
    : [target];
  if (list.length === 0) {
    throw new SseException(
      'INVALID_TOPIC',
      'bus.stream() needs at least one topic, and got an empty list.',
    );
  }
  const topics = new Set<string>();
  const patterns = new Map<string, TopicPattern>();
  for (const one of list) {
    if (one instanceof TopicPattern) patterns.set(one.text, one);
    else {
      assertTopic(one);
      topics.add(one);
    }
  }
  return {
    topics: [...topics],
    patterns: patterns.size === 0 ? NO_PATTERNS : [...patterns.values()],
  };
}

// Else the stream would be nobody's, and unchecked by any policy.
function connectionProblem(value: unknown): string | undefined {
  const isConnection = (value as SseConnection | null)?.binding !== undefined;
  return isConnection
    ? undefined
    : 'must be an SseConnection, as @SseConn() gives it to a handler';
}

/** @throws SseException `INVALID_OPTIONS` */
export function checkStreamOptions(options: BusStreamOptions<never>): void {
  assertOptions('bus.stream()', options);
  const { from: _from, ...rest } = options;
  checkOptions('bus.stream()', rest, {
    filter: { type: 'function' },
    map: { type: 'function' },
    snapshot: { type: 'function' },
    replay: { nested: { maxAgeMs: { min: 0 } }, orFalse: true },
    live: { type: 'boolean' },
    connection: { check: connectionProblem },
  });
}
