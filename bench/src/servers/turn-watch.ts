/**
 * The longest turn of the event loop in CPU time of the process, whatever else keeps the machine busy. Keeps the
 * loop turning, so that it is nothing for scenarios that measure CPU time.
 */
export class TurnWatch {
  #isWatching = false;
  #longestMs = 0;
  #last = 0;

  start(): void {
    this.#isWatching = true;
    this.#longestMs = 0;
    this.#last = cpuMs();
    setImmediate(this.#turn);
  }

  /** @returns milliseconds */
  stop(): number {
    this.#isWatching = false;
    return this.#longestMs;
  }

  readonly #turn = (): void => {
    const now = cpuMs();
    this.#longestMs = Math.max(this.#longestMs, now - this.#last);
    this.#last = now;
    if (this.#isWatching) setImmediate(this.#turn);
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
