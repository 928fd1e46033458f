import { AsyncResource } from 'node:async_hooks';

const TICK_MS = 100;
const SLOTS = 512;
/** A tick that is so many ticks late: the process was stopped, or at work on something else. */
const PAUSE_TICKS = 10;

/** The context of nobody's request: a timer would keep that of the first client, for all. */
const context = new AsyncResource('SseTimerWheel');

/** Wants to be visited after a while. */
export interface WheelEntry {
  /** @returns in how many milliseconds to come again; `undefined` for never. Must not throw. */
  onTimer(now: number): number | undefined;
}

/**
 * One timer for all connections, exact to about 100 ms: what thousands of timers would cost, for the
 * price of visiting those that are due. It stops when nothing is left to visit, and keeps no process alive.
 */
export class TimerWheel {
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<WheelEntry>());
  readonly #due = new Map<WheelEntry, number>();
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;
  #startedAt = 0;
  #hasPaused = false;
  /** The time of the latest visit, cheap to read. */
  now = performance.now();

  /** How many entries wait. */
  get size(): number {
    return this.#due.size;
  }

  /** Plans the next visit; a later call replaces an earlier one. */
  schedule(entry: WheelEntry, delayMs: number): void {
    this.#start();
    this.#unslot(entry);
    const elapsed = performance.now() - this.#startedAt;
    const due = Math.max(
      this.#tick + 1,
      Math.ceil((elapsed + delayMs) / TICK_MS),
    );
    this.#due.set(entry, due);
    this.#slots[due % SLOTS]!.add(entry);
  }

  remove(entry: WheelEntry): void {
    this.#unslot(entry);
    this.#due.delete(entry);
    if (this.#due.size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.now = this.#startedAt = performance.now();
    this.#tick = 0;
    this.#hasPaused = false;
    this.#timer = context.runInAsyncScope(() =>
      setInterval(() => this.#advance(), TICK_MS),
    );
    this.#timer.unref();
  }

  #advance(): void {
    this.now = performance.now();
    const until = Math.floor((this.now - this.#startedAt) / TICK_MS);
    if (this.#waitsAfterPause(until - this.#tick)) return;
    // After a pause longer than a round, one round visits every slot.
    const from = Math.max(this.#tick + 1, until - SLOTS + 1);
    this.#tick = until;
    for (let tick = from; tick <= until; tick++)
      this.#visit(this.#slots[tick % SLOTS]!, until);
  }

  // Timers run before sockets do: after a pause of the process every client would look as if it had not
  // read for as long. They get one tick to show that they have, and no more if that is late again.
  #waitsAfterPause(ticks: number): boolean {
    this.#hasPaused = ticks > PAUSE_TICKS && !this.#hasPaused;
    return this.#hasPaused;
  }

  #visit(slot: Set<WheelEntry>, tick: number): void {
    for (const entry of slot) {
      if ((this.#due.get(entry) ?? Infinity) > tick) continue;
      slot.delete(entry);
      const delay = entry.onTimer(this.now);
      // The visit may have removed the entry or planned it anew.
      if (!this.#due.has(entry) || this.#due.get(entry)! > tick) continue;
      if (delay === undefined) this.remove(entry);
      else this.schedule(entry, delay);
    }
  }

  #unslot(entry: WheelEntry): void {
    const due = this.#due.get(entry);
    if (due !== undefined) this.#slots[due % SLOTS]!.delete(entry);
  }
}
