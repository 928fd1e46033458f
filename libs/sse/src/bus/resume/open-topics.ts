import type { TopicSelector } from '../../event/topic.js';
import { SelectorWithEnds } from '../../log/control-topic.js';

/** The topics of a stream that have not ended yet. */
export class OpenTopics {
  #open: Set<string> | undefined;
  #selector: TopicSelector | undefined;

  constructor(private readonly own: TopicSelector) {}

  /** What to read of the log: the stream's topics, and their ends. The same object until it is done with. */
  get selector(): TopicSelector {
    return (this.#selector ??= new SelectorWithEnds(this.own));
  }

  /** Nothing more is read for now: a stream of many topics does not keep what it takes to read them. */
  doneReading(): void {
    this.#selector = undefined;
  }

  /** @returns whether that was the last one; a pattern never ends */
  end(topic: string): boolean {
    this.#open ??= new Set(this.own.topics);
    this.#open.delete(topic);
    return this.#open.size === 0 && this.own.patterns.length === 0;
  }
}
