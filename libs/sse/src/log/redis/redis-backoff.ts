const MIN_MS = 50;
const MAX_MS = 2_000;

/** How long to wait before the next connection: more each time, and different for every process. */
export class Backoff {
  #failures = 0;
  #wake: (() => void) | undefined;

  reset(): void {
    this.#failures = 0;
  }

  /** Whether nothing has worked since the last wait. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Waits; the first connection after one that worked comes at once. */
  async wait(): Promise<void> {
    const limit = Math.min(MAX_MS, MIN_MS * 2 ** this.#failures);
    const delay =
      this.#failures++ === 0 ? 0 : limit * (0.5 + Math.random() / 2);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delay);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends a wait. */
  wake(): void {
    this.#wake?.();
  }
}
