import type { ControlEvents } from '../control-type.js';

/** A topic, and from where on. */
export interface TopicRequest {
  readonly topic: string;
  /** The id after which its history is wanted; without it the topic begins where the stream stands. */
  readonly since?: string | undefined;
}

/** What the server says of a change, in its answer as on the stream. */
export type ToldTopics = Partial<ControlEvents['stream-topics']>;

/** The topics that are wanted, and those that the server is known to send. */
export class WantedTopics {
  /** With the id after which the history is still owed, if any. */
  readonly #wanted = new Map<string, string | undefined>();
  readonly #held = new Set<string>();

  constructor(topics: readonly (string | TopicRequest)[]) {
    for (const one of topics)
      this.add(typeof one === 'string' ? { topic: one } : one);
  }

  get topics(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /** Whether that changes anything. */
  add({ topic, since }: TopicRequest): boolean {
    if (this.#wanted.has(topic)) return false;
    this.#wanted.set(topic, since);
    return true;
  }

  /** Whether that changes anything. */
  remove(topic: string): boolean {
    return this.#wanted.delete(topic);
  }

  /** What a new stream is asked for. */
  request() {
    return { topics: [...this.#wanted].map(requestOf) };
  }

  /** What an open stream has to be asked for; undefined if it is as it should be. */
  change() {
    const subscribe = [...this.#wanted]
      .filter(([topic]) => !this.#held.has(topic))
      .map(requestOf);
    const unsubscribe = [...this.#held].filter(
      (topic) => !this.#wanted.has(topic),
    );
    return subscribe.length + unsubscribe.length > 0
      ? { subscribe, unsubscribe }
      : undefined;
  }

  /** A stream of its own begins, which has nothing yet. */
  begin(): void {
    this.#held.clear();
  }

  take({ added = [], removed = [], refused = [], replayed = [] }: ToldTopics) {
    for (const topic of added) this.#held.add(topic);
    for (const topic of removed) this.#held.delete(topic);
    for (const { topic } of refused) this.remove(topic);
    for (const { topic } of replayed) this.#settle(topic);
  }

  /** What was missed is gone: there is nothing that a history could be added to. */
  forgetHistories(): void {
    for (const topic of this.#wanted.keys()) this.#settle(topic);
  }

  #settle(topic: string): void {
    if (this.#wanted.has(topic)) this.#wanted.set(topic, undefined);
  }
}

function requestOf([topic, since]: [string, string | undefined]) {
  return { topic, ...(since !== undefined && { since }) };
}
