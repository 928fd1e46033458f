/** How long all readers together may hold up everybody else in one turn of the event loop, in milliseconds. */
const MAX_TURN_MS = 8;

/** Reads in steps. */
export interface SteppedReader {
  /**
   * Does a little, and looks at {@link ReadScheduler.isOver} where that may take long.
   * @returns whether it would go on at once
   */
  step(): boolean;
}

/**
 * Shares the turns of the event loop out among all who read the log of a bus: however many clients come back
 * at once, a turn spends no more than its time on them, and each of them does one step before any does a second.
 */
export class ReadScheduler {
  #waiting: SteppedReader[] = [];
  /** What this turn has spent already. */
  #spentMs = 0;
  #startedAt: number | undefined;
  #isTurnCounted = false;

  /** How many readers wait for a later turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether this turn has spent its time: a step that can stop in the middle should. */
  get isOver(): boolean {
    const running =
      this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
    return this.#spentMs + running > MAX_TURN_MS;
  }

  /** Lets a reader read on, now if there is time left in this turn. */
  run(reader: SteppedReader): void {
    if (this.#waiting.length === 0 && !this.isOver) {
      this.#countTurn();
      let goesOn = true;
      this.#time(() => {
        do goesOn = reader.step();
        while (goesOn && !this.isOver);
      });
      if (!goesOn) return;
    }
    this.#waiting.push(reader);
    this.#countTurn();
  }

  // What is read when a turn's immediates are through counts for the next one.
  #countTurn(): void {
    if (this.#isTurnCounted) return;
    this.#isTurnCounted = true;
    setImmediate(this.#beginTurn);
  }

  readonly #beginTurn = (): void => {
    this.#isTurnCounted = false;
    this.#spentMs = 0;
    if (this.#waiting.length === 0) return;
    this.#countTurn();
    let readers = this.#waiting;
    this.#waiting = [];
    this.#time(() => {
      while (readers.length > 0) {
        const goOn: SteppedReader[] = [];
        for (const [index, reader] of readers.entries()) {
          if (this.isOver) {
            // Who did not get a step in this turn is first in the next one.
            this.#waiting = [
              ...readers.slice(index),
              ...goOn,
              ...this.#waiting,
            ];
            return;
          }
          if (reader.step()) goOn.push(reader);
        }
        readers = goOn;
      }
    });
  };

  // Readers that a step starts are within its time.
  #time(work: () => void): void {
    if (this.#startedAt !== undefined) {
      work();
      return;
    }
    this.#startedAt = performance.now();
    try {
      work();
    } finally {
      this.#spentMs += performance.now() - this.#startedAt;
      this.#startedAt = undefined;
    }
  }
}
