/** How to end a connection's source, once: at once if the connection was over before the source had started. */
export class SourceStop {
  #stop: (() => void) | undefined;
  #isOver = false;

  /** The source has started, and is ended by this. */
  is(stop: () => void): void {
    if (this.#isOver) stop();
    else this.#stop = stop;
  }

  /** The connection is over. */
  run(onError: (error: unknown) => void): void {
    this.#isOver = true;
    const stop = this.#stop;
    this.#stop = undefined;
    try {
      stop?.();
    } catch (error) {
      onError(error);
    }
  }
}
