import { randomBytes } from 'node:crypto';
import { SseException } from '../../base/exception.js';
import { formatEventId, type ClientCursor } from '../../event/event-id.js';
import { EventRecord } from '../../event/event-record.js';
import { checkOptions, type OptionRules } from '../../base/option-rules.js';
import type { TopicSelector } from '../../event/topic.js';
import type {
  AppendResult,
  CursorCheck,
  EventLog,
  LogEntry,
  LogTail,
  ReadQuery,
  ReadResult,
  TailListener,
} from '../event-log.js';
import type { Retention } from '../retention.js';
import { Announcements } from './announcements.js';
import type { WindowState } from '../window-state.js';
import { LogWindow, type WindowRetention } from '../window/log-window.js';

/** How the memory log bounds what it keeps. */
export interface MemoryEventLogOptions {
  /**
   * How many events are kept, 1 or more.
   * @default 10000
   */
  readonly maxEvents?: number | undefined;
  /**
   * How long events are kept, in milliseconds; `false` for as long as the other bounds allow.
   * @default 3600000 (one hour)
   */
  readonly maxAgeMs?: number | false | undefined;
  /**
   * How many bytes of events are kept, 1 or more.
   * @default 67108864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * Bounds of their own for the topics of a pattern, so that a noisy topic cannot evict the others.
   * The first pattern that matches counts; what it leaves out is taken from the bounds above.
   * @example memoryEventLog({ perPattern: { 'metrics.>': { maxEvents: 100 } } })
   */
  readonly perPattern?:
    Readonly<Record<string, Partial<Retention>>> | undefined;
}

const RETENTION_RULES = {
  maxEvents: { integer: true, min: 1 },
  maxAgeMs: { min: 1, orFalse: true },
  maxBytes: { integer: true, min: 1 },
} as const satisfies OptionRules;

/**
 * The embedded event log: the history lives in this process and ends with it. Its epoch is made anew
 * each time, so that after a restart clients are told of the gap. Applications of one process may share
 * it: it closes with the last of them, and is empty for the next.
 *
 * @example SseModule.forRoot({ log: memoryEventLog({ maxEvents: 50_000 }) })
 * @throws SseException `INVALID_OPTIONS`, `INVALID_PATTERN`
 */
export function memoryEventLog(options: MemoryEventLogOptions = {}): EventLog {
  checkOptions('memoryEventLog()', options, {
    ...RETENTION_RULES,
    perPattern: { record: RETENTION_RULES },
  });
  return new MemoryEventLog(options);
}

class MemoryEventLog implements EventLog {
  readonly name = 'memory';
  #epoch!: string;
  #window!: LogWindow;
  readonly #idsByMessage = new Map<string, string>();
  readonly #announcements = new Announcements();
  #head = 0;
  #isClosed = false;

  constructor(private readonly options: MemoryEventLogOptions) {
    this.#begin();
  }

  get window(): WindowState {
    return this.#window.state;
  }

  async append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    if (this.#isClosed) {
      throw new SseException(
        'PUBLISH_REJECTED',
        'The event log is closed: the application is shutting down.',
      );
    }
    const results = entries.map((entry) => this.#appendOne(entry));
    const told = this.#announcements.whenTold();
    if (told !== undefined) await told;
    return results;
  }

  async tail(listener: TailListener): Promise<LogTail> {
    // Opens it anew for the application that is made next of a module which names this log.
    this.#isClosed = false;
    const { listeners } = this.#announcements;
    this.#announcements.flush();
    listeners.add(listener);
    return {
      head: { epoch: this.#epoch, offset: this.#head },
      ends: this.#window.ends.known(),
      stop: async () => {
        listeners.delete(listener);
      },
    };
  }

  read(query: ReadQuery): ReadResult {
    return this.#window.read(query);
  }

  check({ epoch, offset }: ClientCursor, selector: TopicSelector): CursorCheck {
    if (epoch !== this.#epoch) return { state: 'epoch' };
    if (!/^\d{1,15}$/.test(offset)) return { state: 'malformed' };
    const place = Number(offset);
    if (place > this.#head) return { state: 'ahead' };
    return this.#window.isComplete(place, selector)
      ? { state: 'complete', offset: place }
      : { state: 'truncated' };
  }

  async close(): Promise<void> {
    if (this.#announcements.listeners.size > 0) return;
    this.#isClosed = true;
    this.#begin();
  }

  // With nothing of what was before: its cursors are of another epoch.
  #begin(): void {
    this.#epoch = randomBytes(9).toString('base64url');
    this.#head = 0;
    this.#idsByMessage.clear();
    this.#window = new LogWindow(retentionOf(this.options), ({ messageId }) => {
      if (messageId !== undefined) this.#idsByMessage.delete(messageId);
    });
  }

  #appendOne(entry: LogEntry): AppendResult {
    if (entry.transient) {
      this.#announcements.add(new EventRecord(entry));
      return undefined;
    }
    const known =
      entry.messageId === undefined
        ? undefined
        : this.#idsByMessage.get(entry.messageId);
    if (known !== undefined) return { id: known };
    const offset = ++this.#head;
    const record = new EventRecord({ ...entry, epoch: this.#epoch, offset });
    const id = formatEventId(this.#epoch, offset);
    if (entry.messageId !== undefined)
      this.#idsByMessage.set(entry.messageId, id);
    this.#window.append(record);
    this.#announcements.add(record);
    return { id };
  }
}

function retentionOf(options: MemoryEventLogOptions): WindowRetention {
  return {
    maxEvents: options.maxEvents ?? 10_000,
    maxAgeMs: options.maxAgeMs ?? 3_600_000,
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    perPattern: options.perPattern ?? {},
  };
}
