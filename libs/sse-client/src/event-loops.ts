interface Loop<Event> {
  readonly events: Event[];
  /** Lets a loop that waits for events look again; undefined while it is at work. */
  wake: (() => void) | undefined;
}

/**
 * The `for await` loops over one stream. Each has the events of one chunk at most before it, because the stream reads on
 * only when all loops ask for more: a loop that asks has handled everything that it took.
 */
export class EventLoops<Event> {
  readonly #loops = new Set<Loop<Event>>();
  #end: { readonly error?: unknown } | undefined;
  #onDrained: (() => void)[] = [];

  get size(): number {
    return this.#loops.size;
  }

  async *open(): AsyncGenerator<Event, undefined> {
    const loop: Loop<Event> = { events: [], wake: undefined };
    this.#loops.add(loop);
    try {
      for (;;) {
        while (loop.events.length) yield loop.events.shift()!;
        if (this.#end?.error) throw this.#end.error;
        if (this.#end) return undefined;
        await new Promise<void>((resolve) => {
          loop.wake = resolve;
          this.#tellDrained();
        });
      }
    } finally {
      this.#loops.delete(loop);
      this.#tellDrained();
    }
  }

  push(event: Event): void {
    for (const loop of this.#loops) {
      loop.events.push(event);
      wake(loop);
    }
  }

  /** Ends all loops, at once or once they have taken what there is, and throws the error in them if there is one. */
  end(isAtOnce: boolean, error?: unknown): void {
    this.#end = { error };
    for (const loop of this.#loops) {
      if (isAtOnce) loop.events.length = 0;
      wake(loop);
    }
    this.#tellDrained();
  }

  /** Waits until all loops ask for more; undefined if they do. */
  drained(): Promise<void> | undefined {
    return this.#isDrained()
      ? undefined
      : new Promise((resolve) => this.#onDrained.push(resolve));
  }

  #isDrained(): boolean {
    return !!this.#end || [...this.#loops].every(({ wake }) => wake);
  }

  #tellDrained(): void {
    if (this.#isDrained())
      for (const resolve of this.#onDrained.splice(0)) resolve();
  }
}

function wake<Event>(loop: Loop<Event>): void {
  loop.wake?.();
  loop.wake = undefined;
}
