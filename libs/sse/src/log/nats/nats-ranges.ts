import type { StoredMsg } from '@nats-io/jetstream';
import type { EventRecord, Offset } from '../../event/event-record.js';
import { SseException } from '../../base/exception.js';
import { messageOf } from '../../base/log-error.js';
import type { CursorPlace, LogRange } from '../remote/log-engine.js';
import {
  decodeMessage,
  ENTRIES_PER_MESSAGE,
  offsetOfSequence,
  sequenceOfOffset,
} from './message-codec.js';
import type { NatsLink } from './nats-link.js';

/** Messages that are asked for at the same time. */
const GROUP = 64;

/** One answer has about so much, in messages and in bytes. */
const RANGE_MESSAGES = 512;
const RANGE_BYTES = 4 * 1024 * 1024;

/** Reads parts of the stream, message by message and many at a time: the server keeps nothing for it. */
export class NatsRanges {
  constructor(
    private readonly link: NatsLink,
    private readonly stream: string,
    /** When the stream was made that the current epoch is of. */
    private readonly created: () => string,
  ) {}

  /** See `LogEngine.readAfter`. */
  async readAfter(
    after: Offset,
    until: Offset,
    epoch: string,
  ): Promise<LogRange> {
    const first = Math.floor(after / ENTRIES_PER_MESSAGE) + 1;
    const last = sequenceOfOffset(until);
    const found: (StoredMsg | null)[] = [];
    for (let bytes = 0; bytes < RANGE_BYTES && found.length < RANGE_MESSAGES;) {
      const from = first + found.length;
      if (from > last) break;
      const group = await this.#messages(
        from,
        Math.min(from + GROUP - 1, last),
      );
      found.push(...group);
      bytes += bytesOf(group);
    }
    await this.#assertSame();
    return rangeOf(found, first, after, until, epoch);
  }

  /** See `LogEngine.readBefore`. */
  async readBefore(
    until: Offset,
    limit: number,
    epoch: string,
  ): Promise<LogRange> {
    const last = sequenceOfOffset(until);
    const oldest = Math.max(1, last - limit + 1);
    const found: (StoredMsg | null)[] = [];
    for (let bytes = 0; bytes < RANGE_BYTES;) {
      const to = last - found.length;
      if (to < oldest || found[0] === null) break;
      const group = await this.#messages(Math.max(oldest, to - GROUP + 1), to);
      found.unshift(...group);
      bytes += bytesOf(group);
    }
    await this.#assertSame();
    const first = last - found.length + 1;
    return rangeOf(found, first, offsetOfSequence(first - 1), until, epoch);
  }

  /** See `LogEngine.locate`. */
  async locate(offset: Offset): Promise<CursorPlace> {
    const { first_seq: first, last_seq: last } = await this.#assertSame();
    if (offset > offsetOfSequence(last)) return 'unknown';
    return offset >= offsetOfSequence(first - 1) ? 'kept' : 'truncated';
  }

  async #messages(from: number, to: number): Promise<(StoredMsg | null)[]> {
    const { jsm } = this.link;
    const sequences = Array.from(
      { length: to - from + 1 },
      (_, index) => from + index,
    );
    return unavailable(
      Promise.all(
        sequences.map((seq) => jsm.streams.getMessage(this.stream, { seq })),
      ),
    );
  }

  // Otherwise the messages may be of a stream that was made meanwhile, with the same numbers.
  async #assertSame() {
    const { created, state } = await unavailable(
      this.link.jsm.streams.info(this.stream),
    );
    if (created === this.created()) return state;
    throw new SseException(
      'LOG_UNAVAILABLE',
      'The stream of the event log was just made anew.',
    );
  }
}

/** Messages that are missing make the range begin behind them: what was there is not known. */
function rangeOf(
  found: readonly (StoredMsg | null)[],
  first: number,
  after: Offset,
  until: Offset,
  epoch: string,
): LogRange {
  const gap = found.lastIndexOf(null);
  const from = gap < 0 ? after : offsetOfSequence(first + gap);
  const through = Math.min(until, offsetOfSequence(first + found.length - 1));
  const records: EventRecord[] = [];
  for (const message of found.slice(gap + 1)) {
    const { data, seq } = message!;
    for (const record of decodeMessage(data, seq, epoch) ?? []) {
      const { offset } = record;
      if (offset !== undefined && offset > from && offset <= through)
        records.push(record);
    }
  }
  return { after: from, records, through };
}

function bytesOf(messages: readonly (StoredMsg | null)[]): number {
  return messages.reduce((sum, one) => sum + (one?.data.byteLength ?? 0), 0);
}

async function unavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new SseException(
      'LOG_UNAVAILABLE',
      `NATS did not answer: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}
