import type { TopicSelector } from '../../event/topic.js';
import { withEndRecords } from '../../log/control-topic.js';

/** The topics of a stream that have not ended yet. */
export class OpenTopics {
  /** What to read of the log: the stream's topics, and their ends. */
  readonly selector: TopicSelector;
  readonly #open: Set<string>;
  readonly #hasPatterns: boolean;

  constructor({ topics, patterns }: TopicSelector) {
    this.selector = withEndRecords({ topics, patterns });
    this.#open = new Set(topics);
    this.#hasPatterns = patterns.length > 0;
  }

  /** @returns whether that was the last one; a pattern never ends */
  end(topic: string): boolean {
    this.#open.delete(topic);
    return this.#open.size === 0 && !this.#hasPatterns;
  }
}
