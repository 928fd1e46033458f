interface Waiter {
  readonly sequence: number;
  settle(isPassedOver: boolean): void;
}

/** Publishes that were acknowledged, and wait until their own node has followed the stream to them. */
export class FollowWaiters {
  #waiters: Waiter[] = [];

  /**
   * Waits until a message was followed; or for so long, in milliseconds.
   * @returns whether the log went on elsewhere before, under another epoch
   */
  async wait(sequence: number, limitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        sequence,
        settle: (isPassedOver) => {
          clearTimeout(timer);
          resolve(isPassedOver);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
        resolve(false);
      }, limitMs);
      this.#waiters.push(waiter);
    });
  }

  /** Everything up to here was followed. */
  followed(sequence: number): void {
    this.#settle((one) => one.sequence <= sequence, false);
  }

  /** Another epoch has begun: nobody can tell whether what was acknowledged stands in it. */
  passOver(): void {
    this.#settle(() => true, true);
  }

  #settle(isDue: (waiter: Waiter) => boolean, isPassedOver: boolean): void {
    if (this.#waiters.length === 0) return;
    const due = this.#waiters.filter(isDue);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((one) => !isDue(one));
    for (const one of due) one.settle(isPassedOver);
  }
}
