import type { EventRecord, Offset } from '../../event/event-record.js';
import type {
  AppendResult,
  LogEntry,
  LogPosition,
  TailResetReason,
} from '../event-log.js';
import type { Presence } from '../presence.js';
import type { SharedCounts } from '../shared-counts.js';
import type { SharedKeys } from '../shared-keys.js';

/** A part of the log as its engine keeps it. */
export interface LogRange {
  /** The range begins behind this place: if that is later than what was asked for, what is between is gone. */
  readonly after: Offset;
  /**
   * Durable records in log order. Records of others, broken and transient ones are left out.
   */
  readonly records: readonly EventRecord[];
  /** The range ends here, with this place. */
  readonly through: Offset;
}

/** Where a client's cursor stands; see {@link LogEngine.locate}. */
export type CursorPlace = 'kept' | 'truncated' | 'unknown';

/** Is told what happens to the log. Must not throw. */
export interface EngineListener {
  /**
   * The next records, transient ones included, in log order: all that there is up to `through`.
   */
  onRecords(records: readonly EventRecord[], through: Offset): void;
  /** The log goes on behind this position, and what came between is lost to this node. */
  onReset(position: LogPosition, reason: TailResetReason): void;
  /** The engine does not answer. May be called again while it is away. */
  onDown(reason: string): void;
  /** It answers, and the log is followed again. */
  onUp(): void;
}

/**
 * What an engine has to do for a log: the window, reads by topic, cursors, coalescing, health and sharing between
 * applications are the same for all, in `RemoteEventLog`. An engine reconnects by itself, and checks after every
 * reconnect that the newest records it followed or had acknowledged are still there. If not, it gives the log a new
 * epoch, for all nodes.
 */
export interface LogEngine {
  readonly name: string;
  readonly sharedKeys?: SharedKeys | undefined;
  readonly sharedCounts?: SharedCounts | undefined;
  readonly presence?: Presence | undefined;

  /**
   * Connects, makes the log where there is none, and gives its head.
   * @throws SseException `LOG_UNAVAILABLE`, `LOG_UNSUITABLE` with the remedy
   */
  open(): Promise<LogPosition>;

  /** Follows the log behind a position that `open` gave, until it is closed. */
  follow(from: LogPosition, listener: EngineListener): void;

  /**
   * Appends all entries in this order, or none, and settles in bounded time. Calls keep their order.
   * @throws SseException `PUBLISH_REJECTED`, `PUBLISH_UNKNOWN`
   */
  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]>;

  /**
   * The next records behind a place, as many as suit one answer.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  readAfter(after: Offset, until: Offset, epoch: string): Promise<LogRange>;

  /**
   * The last records up to a place, `limit` at most: for filling the window.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  readBefore(until: Offset, limit: number, epoch: string): Promise<LogRange>;

  /**
   * Where a cursor of the current epoch stands: `kept` (every later record is there), `truncated` (later records
   * are gone), or `unknown` (the log never had a record there, or has lost it).
   * @throws SseException `LOG_UNAVAILABLE`
   */
  locate(offset: Offset): Promise<CursorPlace>;

  /**
   * Looks whether the log has another epoch by now, of which this node has not heard, and waits in bounded time until
   * the listener knows. Does not reject. Without it, a client that comes from a node which was faster is reset twice.
   */
  look?(): Promise<void>;

  /** Appends what was accepted, as far as its time allows, and lets go of everything. May be opened again. */
  close(): Promise<void>;
}
