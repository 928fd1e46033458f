import type { EventRecord, Offset } from '../../event/event-record.js';
import { pattern, type TopicSelector } from '../../event/topic.js';
import { parseEventId } from '../../event/event-id.js';
import type {
  AppendResult,
  EventLog,
  LogEntry,
  LogPosition,
  LogTail,
  ReadResult,
  TailListener,
  TailResetReason,
} from '../../log/event-log.js';

/** The bounds that a test opens a log with; the same names as `memoryEventLog()` has. */
export interface ContractRetention {
  readonly maxEvents?: number;
  readonly maxAgeMs?: number | false;
  readonly maxBytes?: number;
  readonly perPattern?: Readonly<
    Record<string, Omit<ContractRetention, 'perPattern'>>
  >;
}

/** The name of one bound of retention. */
export type RetentionBound = keyof ContractRetention;

/** Declares one test, which gets a log of its own. */
export type ContractTest = (
  title: string,
  body: (log: EventLog) => Promise<void>,
  retention?: ContractRetention,
) => void;

export function entry(
  topic: string,
  data: unknown,
  more: Partial<LogEntry> = {},
): LogEntry {
  return {
    topic,
    type: 'message',
    json: JSON.stringify(data),
    publishedAt: Date.now(),
    ...more,
  };
}

export function topics(...names: string[]): TopicSelector {
  return { topics: names, patterns: [] };
}

export function patterns(...texts: string[]): TopicSelector {
  return { topics: [], patterns: texts.map((text) => pattern(text)) };
}

/** Appends one entry, and says where it went. */
export async function append(log: EventLog, one: LogEntry): Promise<Offset> {
  const [result] = await log.append([one]);
  return offsetOf(result);
}

export function offsetOf(result: AppendResult): Offset {
  const cursor = result && parseEventId(result.id);
  if (cursor === undefined) {
    throw new Error(`${JSON.stringify(result)} holds no id of this log`);
  }
  return Number(cursor.offset);
}

/** The data of records, which tests number. */
export function dataOf(records: readonly EventRecord[]): unknown[] {
  return records.map(({ json }) => JSON.parse(json) as unknown);
}

/** A tail that keeps all it is told. */
export class Follower implements TailListener {
  readonly records: EventRecord[] = [];
  readonly resets: [LogPosition, TailResetReason][] = [];
  #onChange: (() => void) | undefined;
  #tail: LogTail | undefined;

  static readonly #open = new WeakMap<EventLog, Follower[]>();

  static async of(log: EventLog): Promise<Follower> {
    const follower = new Follower();
    follower.#tail = await log.tail(follower);
    Follower.#open.set(log, [...(Follower.#open.get(log) ?? []), follower]);
    return follower;
  }

  /** A log closes with the last that follows it. */
  static async stopAll(log: EventLog): Promise<void> {
    for (const { tail } of Follower.#open.get(log) ?? []) await tail.stop();
  }

  get tail(): LogTail {
    return this.#tail!;
  }

  onRecords(records: readonly EventRecord[]): void {
    this.records.push(...records);
    this.#onChange?.();
  }

  onReset(position: LogPosition, reason: TailResetReason): void {
    this.resets.push([position, reason]);
    this.#onChange?.();
  }

  /** Waits for this many records in all. */
  async until(count: number): Promise<readonly EventRecord[]> {
    while (this.records.length < count) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
    return this.records;
  }
}

/** Reads a whole range in steps, and makes sure that each goes on. */
export async function readAll(
  log: EventLog,
  query: {
    after: Offset;
    until: Offset;
    selector: TopicSelector;
    limit: number;
  },
): Promise<EventRecord[]> {
  const records: EventRecord[] = [];
  let { after } = query;
  while (after < query.until) {
    const result: ReadResult = await log.read({ ...query, after });
    if (result.truncated) throw new Error(`truncated after ${after}`);
    if (result.records.length > query.limit) {
      throw new Error(`${result.records.length} records, over the limit`);
    }
    if (result.through <= after || result.through > query.until) {
      throw new Error(
        `a read after ${after} until ${query.until} went through ${result.through}`,
      );
    }
    records.push(...result.records);
    after = result.through;
  }
  return records;
}
