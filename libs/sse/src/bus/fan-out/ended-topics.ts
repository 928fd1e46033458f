import type { Offset } from '../../event/event-record.js';

/** Enough for the streams of a busy day, and little memory where every job has a topic of its own. */
const MAX_TOPICS = 10_000;

/**
 * The topics of which the newest record is their end, as far as this process has followed the log. A client
 * that comes back to several topics has already seen the end of some.
 */
export class EndedTopics {
  readonly #ends = new Map<string, Offset>();

  end(topic: string, at: Offset): void {
    this.#ends.delete(topic);
    this.#ends.set(topic, at);
    if (this.#ends.size > MAX_TOPICS) {
      const [oldest] = this.#ends.keys();
      this.#ends.delete(oldest!);
    }
  }

  /** The topic goes on after its end. */
  reopen(topic: string): void {
    if (this.#ends.size > 0) this.#ends.delete(topic);
  }

  /** Forgets all: their places mean nothing any more. */
  clear(): void {
    this.#ends.clear();
  }

  /** Whether the topic's end is at this place or before, and nothing came after it. */
  hasEnded(topic: string, by: Offset): boolean {
    const at = this.#ends.get(topic);
    return at !== undefined && at <= by;
  }
}
