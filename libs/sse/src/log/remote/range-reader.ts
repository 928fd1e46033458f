import type { Offset } from '../../event/event-record.js';
import { matcherOf } from '../control-topic.js';
import type { ReadQuery, ReadResult } from '../event-log.js';
import type { LogEngine, LogRange } from './log-engine.js';

/** Ranges that are kept for those who come next. */
const KEPT_RANGES = 16;

/** How long a range is kept, in milliseconds: while a crowd comes back, and no longer. */
const KEPT_MS = 5_000;

interface KeptRange {
  readonly after: Offset;
  readonly through: Offset;
  readonly range: LogRange;
  readonly readAt: number;
}

/**
 * Reads what is older than the window from the engine. Clients that come back together stand at nearby places: one
 * range of the engine serves all of them, whether it is still on its way or has just been read.
 */
export class RangeReader {
  #kept: KeptRange[] = [];
  readonly #pending = new Map<Offset, Promise<LogRange>>();

  constructor(private readonly engine: LogEngine) {}

  async read(query: ReadQuery, epoch: string): Promise<ReadResult> {
    const range =
      this.#find(query.after) ?? (await this.#request(query, epoch));
    return select(range, query);
  }

  /** Forgets what was read: the log is another one. */
  clear(): void {
    this.#kept = [];
    this.#pending.clear();
  }

  #find(after: Offset): LogRange | undefined {
    const oldest = Date.now() - KEPT_MS;
    return this.#kept.find(
      (one) =>
        one.readAt >= oldest && one.after <= after && one.through > after,
    )?.range;
  }

  #request({ after, until }: ReadQuery, epoch: string): Promise<LogRange> {
    const pending = this.#pending.get(after);
    if (pending !== undefined) return pending;
    const request = this.engine.readAfter(after, until, epoch);
    this.#pending.set(after, request);
    const settled = (): boolean => {
      if (this.#pending.get(after) !== request) return false;
      return this.#pending.delete(after);
    };
    request.then(
      (range) => {
        if (settled()) this.#keep(range);
      },
      () => settled(),
    );
    return request;
  }

  #keep(range: LogRange): void {
    const { after, through } = range;
    const readAt = Date.now();
    this.#kept.push({ after, through, range, readAt });
    if (this.#kept.length > KEPT_RANGES) this.#kept.shift();
    setTimeout(() => {
      this.#kept = this.#kept.filter((one) => one.range !== range);
    }, KEPT_MS).unref();
  }
}

function select(
  { after, records, through }: LogRange,
  query: ReadQuery,
): ReadResult {
  if (after > query.after)
    return { records: [], through: query.after, truncated: true };
  const end = Math.min(through, query.until);
  const matches = matcherOf(query.selector);
  const found = [];
  for (const record of records) {
    if (record.order <= query.after) continue;
    if (record.order > end) break;
    if (!matches(record.topic)) continue;
    found.push(record);
    if (found.length === query.limit)
      return { records: found, through: record.order, truncated: false };
  }
  return { records: found, through: end, truncated: false };
}
