import type { Frame } from '../../event/frame.js';
import type { Batch } from './batch.js';
import type { WriteLoop } from './write-loop.js';
import type { StreamSettings } from '../stream-settings.js';
import type { Flushable } from './flush-scheduler.js';
import { OverflowQueue } from './overflow-queue.js';
import type { StreamTransport } from './stream-transport.js';

/** Bytes that a source may hand over before they are written, however fast the client is. */
const MAX_TURN_BYTES = 256 * 1024;

/** Is told when a connection cannot go on. */
export interface WriterListener {
  /** The client was too slow for its policy, or more was emitted before the headers left than may be buffered. */
  onOverflow(): void;
  /** More than may be buffered was handed to the socket in one go, and waits there. */
  onOverfull(): void;
  /** What writes, or what waited to write, threw. */
  onWriteError(error: unknown): void;
}

/** Collects a connection's frames, writes them once a turn, and knows when the client does not keep up. */
export class FrameWriter implements Flushable {
  #batch: Batch;
  #isScheduled = false;
  #isCongested = false;
  /** Whether the socket has had a turn to take what waits in an overfull queue. */
  #hadItsTurn = false;
  #transport: StreamTransport | undefined;
  #queue: OverflowQueue | undefined;
  /** Bytes that a source handed over before the headers left, which hooks of the application can hold back. */
  #earlyBytes = 0;
  #waiters: (() => void)[] | undefined;
  /** By the clock of the timer wheel. */
  lastWriteAt = 0;
  /** Blocks written, of any kind. */
  blocksSent = 0;

  constructor(
    private readonly loop: WriteLoop,
    private readonly settings: StreamSettings,
    private readonly listener: WriterListener,
  ) {
    this.#batch = loop.scheduler.empty;
  }

  /** Whether the client has fallen behind the socket's own buffer. */
  get isCongested(): boolean {
    return (
      this.#isCongested ||
      (this.#transport === undefined && this.#batch.size >= MAX_TURN_BYTES)
    );
  }

  /** Whether a source that can wait should go on. */
  get isWritable(): boolean {
    return !this.#isCongested && this.#batch.size < MAX_TURN_BYTES;
  }

  /** Bytes that wait for the client: in the socket, and behind it. */
  get waitingBytes(): number {
    const queued = this.#batch.size + (this.#queue?.bytes ?? 0);
    return queued + (this.#transport?.backlog ?? 0);
  }

  /** Calls back once, after the next write that leaves room. */
  whenWritable(callback: () => void): void {
    (this.#waiters ??= []).push(callback);
    if (!this.#isCongested) this.#schedule();
  }

  /** @param key see {@link OverflowQueue.push} */
  push(frame: Frame, key?: string): void {
    if (this.#transport === undefined) this.#countEarly(frame, key);
    if (this.#isCongested)
      (this.#queue ??= new OverflowQueue(this.settings)).push(frame, key);
    else this.#batch = this.#batch.with(frame);
    this.#schedule();
  }

  /** Sends the headers with what was collected so far. */
  open(
    transport: StreamTransport,
    headers: Readonly<Record<string, string | string[]>>,
  ): void {
    this.#transport = transport;
    const batch = this.#takeBatch();
    this.#afterWrite(transport.open(headers, batch), batch);
  }

  flush(): void {
    this.#isScheduled = false;
    const transport = this.#transport;
    if (transport === undefined) return;
    if (this.#isCongested) {
      this.#applyPolicy();
      return;
    }
    const batch = this.#takeBatch();
    this.#attempt(() => {
      if (batch.count === 0) this.#callWaiters();
      else this.#afterWrite(transport.write(batch), batch);
    });
  }

  /** The client has taken what it was sent. */
  onDrain(): void {
    this.#isCongested = false;
    this.#hadItsTurn = false;
    if (this.#queue !== undefined) {
      for (const frame of this.#queue.drain()) this.push(frame);
    }
    // If the queue had frames, those are written first; the waiting sources are called after that write.
    if (this.#batch.count === 0) this.#attempt(() => this.#callWaiters());
  }

  /** Writes all that is left, for a stream that ends. */
  writeRest(): void {
    let batch = this.#takeBatch();
    for (const frame of this.#queue?.drain() ?? []) batch = batch.with(frame);
    if (batch.count > 0) {
      this.blocksSent += batch.count;
      this.loop.blocksSent += batch.count;
      this.loop.bytesSent += batch.size;
      this.#transport?.write(batch);
    }
  }

  /** Forgets what was not written yet, and who waits to write more. */
  discard(): void {
    this.#batch = this.loop.scheduler.empty;
    this.#queue = undefined;
    this.#waiters = undefined;
  }

  /** Lets go of everything. */
  close(): void {
    this.#transport = undefined;
    this.#waiters = undefined;
    this.#queue = undefined;
    this.#batch = this.loop.scheduler.empty;
  }

  // Nothing drains yet. A single value of any size passes, and so does a snapshot, which has no key.
  #countEarly(frame: Frame, key: string | undefined): void {
    if (key === undefined) return;
    const limit = Math.max(MAX_TURN_BYTES, this.settings.maxBufferedBytes);
    if (this.#earlyBytes >= limit) this.listener.onOverflow();
    this.#earlyBytes += frame.size;
  }

  // Give the socket one turn of the event loop to drain before the limit counts: a burst within one turn must not
  // disconnect a healthy client (S1).
  #applyPolicy(): void {
    const queue = this.#queue;
    if (queue === undefined || !queue.isOverfull) return;
    if (!this.#hadItsTurn) {
      this.#hadItsTurn = true;
      this.#schedule();
    } else if (!queue.trim()) this.listener.onOverflow();
  }

  // Above is only the event loop: what nobody catches here would end the process.
  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.listener.onWriteError(error);
    }
  }

  #takeBatch(): Batch {
    const batch = this.#batch;
    this.#batch = this.loop.scheduler.empty;
    return batch;
  }

  #afterWrite(isTaken: boolean, batch: Batch): void {
    this.blocksSent += batch.count;
    this.loop.blocksSent += batch.count;
    this.loop.bytesSent += batch.size;
    this.lastWriteAt = this.loop.wheel.now;
    if (isTaken) this.#callWaiters();
    else {
      this.#isCongested = true;
      if (batch.size > this.settings.maxBufferedBytes)
        this.listener.onOverfull();
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#transport === undefined) return;
    this.#isScheduled = true;
    this.loop.scheduler.schedule(this);
  }

  #callWaiters(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    for (const waiter of waiters) waiter();
  }
}
