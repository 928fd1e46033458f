export interface LeaderLockHandlers {
  /** The lock is this tab's, until it is released or taken away. */
  onLead(): void;
  /** Another tab has taken it away. */
  onLost(): void;
}

/** The Web Lock that at most one tab holds: the browser gives it to the next one when a tab goes, however it goes. */
export class LeaderLock {
  /** What was asked for last: what comes of an earlier request counts no more. */
  #request: { readonly abort: AbortController; release?: () => void } = {
    abort: new AbortController(),
  };

  constructor(
    private readonly name: string,
    private readonly handlers: LeaderLockHandlers,
  ) {}

  /** Waits in line. */
  request(): void {
    this.release();
    this.#ask({ signal: this.#request.abort.signal });
  }

  /** Takes the lock at once: from a tab that is frozen, and will hear of it when it is not any more. */
  steal(): void {
    this.release();
    this.#ask({ steal: true });
  }

  /** Gives the lock back, or leaves the line. */
  release(): void {
    const { abort, release } = this.#request;
    this.#request = { abort: new AbortController() };
    abort.abort();
    release?.();
  }

  #ask(options: LockOptions): void {
    const request = this.#request;
    navigator.locks
      .request(this.name, options, () => {
        if (request !== this.#request) return undefined;
        return new Promise<void>((resolve) => {
          request.release = resolve;
          this.handlers.onLead();
        });
      })
      .catch(() => {
        // It was given up by this tab itself, or another one has stolen it.
        if (request === this.#request) this.handlers.onLost();
      });
  }
}
