import type { ClientCursor } from '../event/event-id.js';
import type { EventRecord, Offset } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';
import type { LogHealth } from './log-health.js';
import type { Presence } from './presence.js';
import type { SharedCounts } from './shared-counts.js';
import type { SharedKeys } from './shared-keys.js';
import type { TopicChanges } from './topic-ends.js';
import type { WindowState } from './window-state.js';

/** One event to append. */
export interface LogEntry {
  readonly topic: string;
  readonly type: string;
  /** The data as JSON text. */
  readonly json: string;
  /** Milliseconds since the Unix epoch. */
  readonly publishedAt: number;
  /** An entry with a message id that the log still knows is not appended again. */
  readonly messageId?: string | undefined;
  /** Passed on to the tails in its order, and not kept. */
  readonly transient?: boolean | undefined;
  /** Where it comes from, as a W3C `traceparent`; a log passes it on with the record. */
  readonly trace?: string | undefined;
}

/** Where an entry went; undefined for a transient one. */
export type AppendResult = { readonly id: string } | undefined;

/** A place in a certain incarnation of a log. */
export interface LogPosition {
  readonly epoch: string;
  readonly offset: Offset;
}

/**
 * What the log says of a cursor: `complete` (every later event of the topics is still there), or why
 * not.
 */
export type CursorCheck =
  | { readonly state: 'complete'; readonly offset: Offset }
  | { readonly state: 'truncated' | 'ahead' | 'epoch' | 'malformed' };

/** A range of the log, for some topics. */
export interface ReadQuery {
  /** Exclusive. */
  readonly after: Offset;
  /** Inclusive. */
  readonly until: Offset;
  readonly selector: TopicSelector;
  /** How many records at most. */
  readonly limit: number;
}

/** What a range of the log holds. */
export interface ReadResult {
  /** In log order. */
  readonly records: readonly EventRecord[];
  /** Everything up to here was looked at: read on after it. */
  readonly through: Offset;
  /** Records of these topics after `after` are gone; `records` is empty then. */
  readonly truncated: boolean;
}

/**
 * Why a tail cannot go on from where it was: `epoch` (the log is another one, because its engine lost what it
 * had acknowledged), or `truncated` (this tail was away for longer than the log keeps its records).
 */
export type TailResetReason = 'epoch' | 'truncated';

/** Receives what is appended, in log order. Must not throw. */
export interface TailListener {
  onRecords(records: readonly EventRecord[]): void;
  /**
   * Between the last record and the next one some are missing. The log goes on behind this position, whose
   * offset may be lower than earlier ones where the epoch is another. Cursors of an earlier epoch are void.
   */
  onReset(position: LogPosition, reason: TailResetReason): void;
}

/** A reader that follows the log. */
export interface LogTail {
  /** The listener gets everything after this place. */
  readonly head: LogPosition;
  /**
   * The topics that have ended before this place, as far as the log knows. Without it a process knows of the ends
   * that it has seen, and clients of others may be told differently whether a stream of several topics is over.
   */
  readonly ends?: readonly TopicChanges[] | undefined;
  stop(): Promise<void>;
}

/**
 * The ordered, bounded history of all durable events. Everything else (resume, slow clients, many nodes)
 * is a read of it. An implementation passes `describeEventLog()` from `nestjs-event-stream/testing`.
 *
 * What only some engines can do is an ability: an interface of its own in a file of its own beside this one,
 * and an optional property here. Whoever needs an ability says what happens without it.
 */
export interface EventLog {
  readonly name: string;
  /** Values that all nodes share. Without it tickets are known to one process only. */
  readonly sharedKeys?: SharedKeys | undefined;
  /** Counts over all nodes. Without it limits hold for each node, and `{ scope: 'cluster' }` is refused. */
  readonly sharedCounts?: SharedCounts | undefined;
  /** Whether the engine can be reached. Without it the log is always up. */
  readonly health?: LogHealth | undefined;
  /** How much of the log this process keeps at hand. Without it metrics do not say. */
  readonly window?: WindowState | undefined;
  /** Who is connected to which node. Without it `{ scope: 'cluster' }` is refused. */
  readonly presence?: Presence | undefined;

  /**
   * Appends all entries in this order, or none.
   * @throws SseException `PUBLISH_REJECTED` (they are nowhere), `PUBLISH_UNKNOWN` (they may appear)
   */
  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]>;

  /** Follows the log from its head. */
  tail(listener: TailListener): Promise<LogTail>;

  /** Reads a range for some topics. Synchronous where the records are at hand. */
  read(query: ReadQuery): ReadResult | Promise<ReadResult>;

  /** Never scans: a hostile cursor costs no more than a good one. */
  check(
    cursor: ClientCursor,
    selector: TopicSelector,
  ): CursorCheck | Promise<CursorCheck>;

  close(): Promise<void>;
}
