import { Logger } from '@nestjs/common';
import { SseException } from '../../base/exception.js';
import { logError } from '../../base/log-error.js';
import { parseEventId, type ClientCursor } from '../../event/event-id.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import type {
  AppendResult,
  CursorCheck,
  EventLog,
  LogEntry,
  LogPosition,
  LogTail,
  ReadQuery,
  ReadResult,
  TailListener,
  TailResetReason,
} from '../event-log.js';
import type { LogHealth } from '../log-health.js';
import type { Presence } from '../presence.js';
import type { SharedCounts } from '../shared-counts.js';
import type { SharedKeys } from '../shared-keys.js';
import { EndsCheckpoint } from './ends-checkpoint.js';
import { EpochLook } from './epoch-look.js';
import { HealthReport } from './health-report.js';
import type { EngineListener, LogEngine } from './log-engine.js';
import type { WindowState } from '../window-state.js';
import { NodeWindow, type WindowBounds } from './node-window.js';
import { RangeReader } from './range-reader.js';
import { PastEpochs } from './past-epochs.js';
import { fillWindow } from './window-fill.js';

/** What all logs of engines have in common. */
export interface RemoteLogSettings {
  /** How much of the log each node keeps at hand. */
  readonly window: WindowBounds;
  /** Whether the application starts without the engine, and takes it up once it is there. */
  readonly startup: 'require' | 'wait';
}

/** Where a node stands that has not seen its log yet. */
const NOWHERE: LogPosition = { epoch: 'none', offset: 0 };

/** How long a look for an absent engine waits before the next one, in milliseconds. */
const REOPEN_MS = 1_000;

/**
 * A log that an engine keeps, for all nodes. This node follows it once, however many applications and streams of
 * the process read it, and serves them from its window. It closes with the last application that follows it.
 */
export class RemoteEventLog implements EventLog, EngineListener {
  readonly #logger = new Logger('EventLog');
  readonly #health = new HealthReport();
  readonly #window: NodeWindow;
  readonly #ranges: RangeReader;
  readonly #look: EpochLook;
  readonly #ends: EndsCheckpoint;
  readonly #listeners = new Set<TailListener>();
  #epoch = NOWHERE.epoch;
  readonly #past = new PastEpochs();
  #opening: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #waiting: { readonly offset: Offset; readonly resolve: () => void }[] = [];
  #lastAppended: Offset = 0;
  #isClosed = false;

  constructor(
    private readonly engine: LogEngine,
    private readonly settings: RemoteLogSettings,
  ) {
    this.#window = new NodeWindow(settings.window);
    this.#ranges = new RangeReader(engine);
    this.#look = new EpochLook(engine, this.#health);
    this.#ends = new EndsCheckpoint(engine.sharedKeys);
  }

  get name(): string {
    return this.engine.name;
  }

  get sharedKeys(): SharedKeys | undefined {
    return this.engine.sharedKeys;
  }

  get sharedCounts(): SharedCounts | undefined {
    return this.engine.sharedCounts;
  }

  get presence(): Presence | undefined {
    return this.engine.presence;
  }

  get window(): WindowState {
    return this.#window.state;
  }

  get health(): LogHealth {
    return this.#health;
  }

  async append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    if (this.#isClosed) {
      throw new SseException(
        'PUBLISH_REJECTED',
        'The event log is closed: the application is shutting down.',
      );
    }
    if (entries.length === 0) return [];
    // Always the same promise, which keeps the order of calls.
    await this.#open();
    if (this.#epoch === NOWHERE.epoch) {
      throw new SseException(
        'PUBLISH_REJECTED',
        `The ${this.name} log has not been reached since the application started.`,
      );
    }
    const results = await this.engine.append(entries);
    for (const result of results) if (result) this.#noteAppended(result.id);
    return results;
  }

  async tail(listener: TailListener): Promise<LogTail> {
    // Opens it anew for the application that is made next of a module which names this log.
    this.#isClosed = false;
    await this.#open();
    await this.#reached(this.#lastAppended);
    this.#listeners.add(listener);
    return {
      head: { epoch: this.#epoch, offset: this.#window.head },
      ends: this.#window.ends,
      stop: async () => {
        this.#listeners.delete(listener);
      },
    };
  }

  read(query: ReadQuery): ReadResult | Promise<ReadResult> {
    if (this.#window.covers(query.after, query.until)) {
      const result = this.#window.read(query);
      // What has just become too old by this node's clock may be young enough by the engine's.
      if (!result.truncated) return result;
    }
    return this.#ranges.read(query, this.#epoch);
  }

  check(
    cursor: ClientCursor,
    _selector: TopicSelector,
  ): CursorCheck | Promise<CursorCheck> {
    if (cursor.epoch === this.#epoch) return this.#checkOffset(cursor);
    const isPast = this.#past.has(cursor.epoch);
    const look = isPast ? undefined : this.#look.start();
    return look?.then(() => this.#checkAgain(cursor)) ?? { state: 'epoch' };
  }

  #checkAgain(cursor: ClientCursor): CursorCheck | Promise<CursorCheck> {
    if (cursor.epoch === this.#epoch) return this.#checkOffset(cursor);
    // The look came after it, and would have found it.
    if (this.#health.state.status === 'up') this.#past.add(cursor.epoch);
    return { state: 'epoch' };
  }

  #checkOffset({ offset }: ClientCursor): CursorCheck | Promise<CursorCheck> {
    const place = Number(offset);
    if (!/^\d{1,16}$/.test(offset) || !Number.isSafeInteger(place))
      return { state: 'malformed' };
    if (!this.#window.covers(place, place)) return this.#locate(place);
    return this.#window.has(place)
      ? { state: 'complete', offset: place }
      : { state: 'ahead' };
  }

  async close(): Promise<void> {
    if (this.#listeners.size > 0 || this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const opening = this.#opening;
    // What starts at this moment fails for whoever asked for it, not for who closes.
    await opening?.catch(() => undefined);
    await this.engine.close();
    if (this.#opening === opening) this.#opening = undefined;
    this.#begin(NOWHERE);
  }

  onRecords(records: readonly EventRecord[], through: Offset): void {
    this.#window.append(records, through);
    this.#ends.onAppended(this.#window, this.#epoch);
    for (const listener of this.#listeners) listener.onRecords(records);
    this.#wake();
  }

  onReset(position: LogPosition, reason: TailResetReason): void {
    this.#logger.warn(
      reason === 'epoch'
        ? `The ${this.name} log has lost events that were in it: all streams are reset.`
        : `This process was away for longer than the ${this.name} log keeps its events: its streams are reset.`,
    );
    this.#begin(position);
    this.#ends.onReset(reason);
    this.#tellReset(position, reason);
  }

  onDown(reason: string): void {
    if (this.#health.down(reason))
      this.#logger.warn(`The ${this.name} log cannot be reached: ${reason}`);
    this.#wake(true);
  }

  onUp(): void {
    if (this.#health.up())
      this.#logger.log(`The ${this.name} log can be reached again.`);
  }

  #open(): Promise<void> {
    if (this.#opening === undefined) {
      const opening = this.#start();
      this.#opening = opening;
      opening.catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
      });
    }
    return this.#opening;
  }

  async #start(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      if (this.settings.startup === 'require' || !isUnavailable(error))
        throw error;
      this.onDown(error.message);
      this.#followLater();
    }
  }

  async #follow(): Promise<void> {
    const { engine, settings } = this;
    const position = await engine.open();
    this.#begin(position);
    const ends = await this.#ends.load(position.epoch);
    await fillWindow(this.#window, engine, position, settings.window, ends);
    this.onUp();
    engine.follow(position, this);
  }

  // Streams that opened meanwhile stood nowhere: they begin where the log is.
  #followLater(): void {
    this.#retry = setTimeout(() => {
      if (this.#isClosed) return;
      this.#follow().then(
        () => this.#tellReset(this.#position, 'epoch'),
        (error: unknown) => {
          if (!isUnavailable(error))
            logError(this.#logger, `The ${this.name} log cannot start`, error);
          this.#followLater();
        },
      );
    }, REOPEN_MS).unref();
  }

  get #position(): LogPosition {
    return { epoch: this.#epoch, offset: this.#window.head };
  }

  #begin({ epoch, offset }: LogPosition): void {
    if (epoch !== this.#epoch) this.#past.add(this.#epoch);
    this.#past.delete(epoch);
    this.#epoch = epoch;
    // Offsets of another epoch may be lower.
    this.#lastAppended = 0;
    this.#ranges.clear();
    this.#window.restart(offset);
    this.#wake(true);
  }

  #tellReset(position: LogPosition, reason: TailResetReason): void {
    for (const listener of this.#listeners) listener.onReset(position, reason);
  }

  async #locate(offset: Offset): Promise<CursorCheck> {
    const place = await this.engine.locate(offset);
    switch (place) {
      case 'kept':
        return { state: 'complete', offset };
      case 'truncated':
        return { state: 'truncated' };
      case 'unknown':
        return { state: 'ahead' };
    }
  }

  #noteAppended(id: string): void {
    const cursor = parseEventId(id);
    if (cursor?.epoch !== this.#epoch) return;
    this.#lastAppended = Math.max(this.#lastAppended, Number(cursor.offset));
  }

  /** Waits until this node has seen what it appended itself, as far as the engine lets it. */
  async #reached(offset: Offset): Promise<void> {
    if (this.#window.head >= offset || this.#health.state.status === 'down')
      return;
    await new Promise<void>((resolve) =>
      this.#waiting.push({ offset, resolve }),
    );
  }

  #wake(all = false): void {
    if (this.#waiting.length === 0) return;
    const { head } = this.#window;
    const isDue = ({ offset }: { offset: Offset }) => all || offset <= head;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((one) => !isDue(one));
    for (const { resolve } of due) resolve();
  }
}

function isUnavailable(error: unknown): error is SseException {
  return error instanceof SseException && error.code === 'LOG_UNAVAILABLE';
}
