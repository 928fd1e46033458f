import type { EventRecord } from '../../event/event-record.js';

const COMPACT_AT = 256;

/** Records in log order: appended at the end, evicted at the front, searched by offset. */
export class RecordQueue {
  #items: (EventRecord | undefined)[];
  #head = 0;

  /** Begins with the records it is given: most topics of a busy log have one event, and need no larger array. */
  constructor(...records: EventRecord[]) {
    this.#items = records;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(record: EventRecord): void {
    this.#items.push(record);
  }

  first(): EventRecord | undefined {
    return this.#items[this.#head];
  }

  shift(): EventRecord | undefined {
    const record = this.#items[this.#head];
    if (record === undefined) return undefined;
    this.#items[this.#head++] = undefined;
    if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return record;
  }

  /** How many records there are after an offset. */
  countAfter(offset: number): number {
    return this.#items.length - this.#indexAfter(offset);
  }

  /** A place after an offset to read on from. Good until the queue changes. */
  after(offset: number): RecordCursor {
    return new RecordCursor(this.#items, this.#indexAfter(offset));
  }

  #indexAfter(offset: number): number {
    let low = this.#head;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#items[middle]!.order > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Reads on through a queue. */
export class RecordCursor {
  constructor(
    private readonly items: readonly (EventRecord | undefined)[],
    private index: number,
  ) {}

  /** The record at this place; undefined at the end. */
  get current(): EventRecord | undefined {
    return this.items[this.index];
  }

  advance(): void {
    this.index++;
  }
}
