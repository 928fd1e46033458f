/** Where a log is in Redis. All of its keys are in one slot of a Cluster, so that scripts reach all of them. */
export class RedisKeys {
  readonly stream: string;
  readonly meta: string;
  readonly #base: string;

  constructor(prefix: string) {
    this.#base = `{${prefix}}:`;
    this.stream = `${this.#base}log`;
    this.meta = `${this.#base}meta`;
  }

  /** Remembers the offset of an entry that has a message id. */
  message(id: string): string {
    return `${this.#base}message:${id}`;
  }

  /** A value that nodes share. */
  shared(key: string): string {
    return `${this.#base}key:${key}`;
  }

  /** Which nodes are alive, and until when. */
  get nodes(): string {
    return `${this.#base}nodes`;
  }

  /** The streams of one node. */
  node(id: string): string {
    return `${this.#base}node:${id}`;
  }

  /** Which nodes count. */
  get counting(): string {
    return `${this.#base}counting`;
  }

  /** What one node counts. */
  counts(id: string): string {
    return `${this.#base}counts:${id}`;
  }
}
