import type { EventRecord } from '../../event/event-record.js';

const COMPACT_AT = 256;

/** Records in log order: appended at the end, evicted at the front, searched by offset. */
export class RecordQueue {
  #items: (EventRecord | undefined)[] = [];
  #head = 0;

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

  /** Calls back for each record after an offset, oldest first, until told to stop by `false`. */
  forEachAfter(
    offset: number,
    callback: (record: EventRecord) => boolean,
  ): void {
    const items = this.#items;
    for (let index = this.#indexAfter(offset); index < items.length; index++) {
      if (!callback(items[index]!)) return;
    }
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
