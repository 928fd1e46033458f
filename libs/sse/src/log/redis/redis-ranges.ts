import type { EventRecord, Offset } from '../../event/event-record.js';
import type { LogRange } from '../remote/log-engine.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisQueries } from './redis-queries.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import {
  parseEntry,
  type ParsedEntry,
  type StreamEntry,
} from './redis-records.js';

/** How many entries and characters one answer should have: enough to be worth it, few enough to hold in memory. */
const RANGE_ENTRIES = 1_000;
const RANGE_CHARACTERS = 2_097_152;

type OwnEntry = Exclude<ParsedEntry, { kind: 'foreign' }>;

/** Reads parts of the stream, and says where something is missing. */
export class RedisRanges {
  /** How many characters an entry has, as far as this process has seen. */
  #characters = 256;

  constructor(
    private readonly queries: RedisQueries,
    private readonly keys: RedisKeys,
  ) {}

  async readAfter(
    after: Offset,
    until: Offset,
    epoch: string,
  ): Promise<LogRange> {
    const count = this.#count(RANGE_ENTRIES);
    const entries = await this.#query('xrange', after + 1, until, count);
    const own = ownOf(entries, epoch);
    const first = own[0];
    // The range ends with a record of the log, so that something is missing where there is nothing.
    if (first === undefined) {
      return entries.length < count
        ? { after: until, records: [], through: until }
        : { after, records: [], through: offsetOf(entries.at(-1)!) };
    }
    const gap = own.findIndex(
      (entry, index) => index > 0 && isBroken(own[index - 1]!, entry),
    );
    const sound = gap < 0 ? own : own.slice(0, gap);
    const isWhole = gap < 0 && entries.length < count;
    return {
      after: Math.max(
        after,
        first.kind === 'epoch' ? first.offset : first.previous,
      ),
      records: recordsOf(sound),
      through: isWhole ? until : sound.at(-1)!.offset,
    };
  }

  async readBefore(
    until: Offset,
    limit: number,
    epoch: string,
  ): Promise<LogRange> {
    const count = this.#count(limit);
    const entries = await this.#query('xrevrange', until, 0, count);
    const own = ownOf(entries.toReversed(), epoch);
    // From the end: what stands before a gap, or before the epoch, is not of this range.
    let from = own.length;
    while (
      from > 0 &&
      own[from - 1]!.kind !== 'epoch' &&
      (from === own.length || !isBroken(own[from - 1]!, own[from]!))
    )
      from--;
    const sound = own.slice(from);
    if (sound.length === 0 || sound.at(-1)!.offset !== until)
      return { after: until, records: [], through: until };
    return {
      after: sound[0]!.previous,
      records: recordsOf(sound),
      through: until,
    };
  }

  #count(limit: number): number {
    const fitting = Math.floor(RANGE_CHARACTERS / this.#characters);
    return Math.max(16, Math.min(limit, fitting));
  }

  async #query(
    command: 'xrange' | 'xrevrange',
    from: Offset,
    to: Offset,
    count: number,
  ): Promise<readonly StreamEntry[]> {
    const [start, end] = [`${from}-0`, `${to}-0`];
    const reply = await this.queries.ask((connection) =>
      connection.call(
        ANSWER_LIMIT_MS,
        command,
        this.keys.stream,
        start,
        end,
        'COUNT',
        String(count),
      ),
    );
    const entries = reply as readonly StreamEntry[];
    if (entries.length > 0) this.#measure(entries);
    return entries;
  }

  #measure(entries: readonly StreamEntry[]): void {
    let sum = 0;
    for (const [, fields] of entries)
      for (const field of fields) sum += field.length;
    this.#characters = Math.max(64, sum / entries.length);
  }
}

function ownOf(
  entries: readonly StreamEntry[],
  epoch: string,
): readonly OwnEntry[] {
  return entries
    .map((entry) => parseEntry(entry, epoch))
    .filter((entry): entry is OwnEntry => entry.kind !== 'foreign');
}

function isBroken(before: OwnEntry, after: OwnEntry): boolean {
  return after.kind === 'epoch' || after.previous !== before.offset;
}

function recordsOf(entries: readonly OwnEntry[]): readonly EventRecord[] {
  return entries.flatMap(({ kind, record }) =>
    kind === 'event' && record !== undefined ? [record] : [],
  );
}

function offsetOf([id]: StreamEntry): Offset {
  return Number(id.split('-')[0]);
}
