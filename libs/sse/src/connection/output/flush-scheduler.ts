import { Batch } from './batch.js';

/** Has something to write when the turn is over. Must not throw. */
export interface Flushable {
  flush(): void;
}

/** Writes what all connections were given in one turn of the event loop, in one go for each. */
export class FlushScheduler {
  #dirty: Flushable[] = [];
  #root = Batch.root();

  /** The empty list of the current turn. */
  get empty(): Batch {
    return this.#root;
  }

  schedule(connection: Flushable): void {
    if (this.#dirty.push(connection) === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    // A new root lets go of the frames of this turn.
    this.#root = Batch.root();
    for (const connection of dirty) connection.flush();
  };
}
