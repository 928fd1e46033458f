import type { EventRecord } from '../../event/event-record.js';
import type { RecordCursor } from './record-queue.js';

/** The records of several queues in log order: a step costs the logarithm of their number. */
export class RecordMerge {
  /** A binary heap: the cursor whose record is the oldest stands first. None of them is at its end. */
  readonly #heap: RecordCursor[];

  constructor(cursors: readonly RecordCursor[]) {
    this.#heap = cursors.filter(({ current }) => current !== undefined);
    for (let index = (this.#heap.length >>> 1) - 1; index >= 0; index--)
      this.#sink(index);
  }

  /** The oldest record that was not taken yet. */
  get current(): EventRecord | undefined {
    return this.#heap[0]?.current;
  }

  advance(): void {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined) return;
    first.advance();
    if (first.current === undefined) {
      const last = heap.pop()!;
      if (heap.length === 0) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const cursor = heap[start]!;
    const { order } = cursor.current!;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        heap[child + 1]!.current!.order < heap[child]!.current!.order
      )
        child++;
      if (heap[child]!.current!.order >= order) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = cursor;
  }
}
