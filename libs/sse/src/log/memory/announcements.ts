import type { EventRecord } from '../../event/event-record.js';
import type { TailListener } from '../event-log.js';

/** How long one turn of the event loop may be spent on telling tails of new records, in milliseconds. */
const MAX_TURN_MS = 10;

/** Records that are told in one go: so many cost their subscribers one write together. */
const CHUNK = 256;

/** Rounds that follow each other before it is asked whether they are all of one turn. */
const FREE_ROUNDS = 32;

/**
 * Tells the tails what was appended: in microtasks, so that subscribers never run inside of a publisher's call
 * and one turn's events go together. Subscribers that publish again and again, or a very long backlog, go on
 * in the next turn.
 */
export class Announcements {
  readonly listeners = new Set<TailListener>();
  #pending: EventRecord[] = [];
  /** Where the records begin that nobody was told of. */
  #first = 0;
  #isScheduled = false;
  #isDelayed = false;
  /** Publishers that wait until what was added before them is told. */
  #waiting: { left: number; readonly goOn: () => void }[] = [];
  /** Microtasks in a row, as far as known. */
  #rounds = 0;
  #roundsSince = 0;

  add(record: EventRecord): void {
    this.#pending.push(record);
    this.#schedule();
  }

  /**
   * Resolves once all that was added is told; undefined while this turn has time for that anyway. A loop that
   * publishes for ever would leave no turn to anybody if it did not wait.
   */
  whenTold(): Promise<void> | undefined {
    if (!this.#isDelayed) return undefined;
    const left = this.#pending.length - this.#first;
    return new Promise((goOn) => this.#waiting.push({ left, goOn }));
  }

  /** Tells all that is pending now. */
  flush(): void {
    this.#tell(this.#pending.length - this.#first);
  }

  // What is published meanwhile comes in a round of its own.
  readonly #round = (): void => {
    let left = this.#pending.length - this.#first;
    const startedAt = left > CHUNK ? performance.now() : 0;
    do {
      const count = Math.min(CHUNK, left);
      this.#tell(count);
      left -= count;
    } while (left > 0 && performance.now() - startedAt < MAX_TURN_MS);
    this.#isScheduled = false;
    if (left > 0) this.#delay();
    else if (this.#first < this.#pending.length) this.#schedule();
    else if (this.#first > 0) {
      this.#pending = [];
      this.#first = 0;
    }
  };

  #tell(count: number): void {
    if (count <= 0) return;
    let records = this.#pending;
    if (this.#first === 0 && count === records.length) this.#pending = [];
    else {
      records = records.slice(this.#first, this.#first + count);
      this.#first += count;
    }
    for (const listener of this.listeners) listener.onRecords(records);
    this.#countTold(count);
  }

  #countTold(count: number): void {
    if (this.#waiting.length === 0) return;
    for (const one of this.#waiting) one.left -= count;
    const told = this.#waiting.filter(({ left }) => left <= 0);
    this.#waiting = this.#waiting.filter(({ left }) => left > 0);
    for (const { goOn } of told) goOn();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    if (this.#isChainTooLong()) {
      this.#delay();
      return;
    }
    this.#isScheduled = true;
    queueMicrotask(this.#round);
  }

  #delay(): void {
    this.#isScheduled = this.#isDelayed = true;
    setImmediate(() => {
      this.#isDelayed = false;
      this.#rounds = 0;
      this.#round();
    });
  }

  #isChainTooLong(): boolean {
    this.#rounds++;
    if (this.#rounds < FREE_ROUNDS) return false;
    if (this.#rounds === FREE_ROUNDS) {
      this.#roundsSince = performance.now();
      setImmediate(() => {
        this.#rounds = 0;
      });
      return false;
    }
    return performance.now() - this.#roundsSince > MAX_TURN_MS;
  }
}
