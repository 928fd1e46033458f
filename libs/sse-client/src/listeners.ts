/** What a listener listens to: a type of events, or what is not an event of the server. */
export type Topic = string | typeof ANY | typeof STATE | typeof FAILURE;

// No strings, which could be types of events.
export const ANY = 0;
export const STATE = 1;
export const FAILURE = 2;

type Listener = (value: never) => void;

/** Listeners by what they listen to. One that throws harms neither the others nor the stream. */
export class Listeners {
  readonly #byTopic = new Map<Topic, Set<{ readonly listener: Listener }>>();

  has(topic: Topic): boolean {
    return !!this.#byTopic.get(topic)?.size;
  }

  /** Gives back how to stop. The same function may listen several times. */
  add(topic: Topic, listener: Listener): () => void {
    const entries = this.#byTopic.get(topic) ?? new Set();
    const entry = { listener };
    this.#byTopic.set(topic, entries.add(entry));
    return () => {
      entries.delete(entry);
    };
  }

  notify(topic: Topic, value: unknown, isWanted = (): boolean => true): void {
    for (const { listener } of this.#byTopic.get(topic) ?? []) {
      try {
        // Who adds a listener is typed by its topic.
        if (isWanted()) listener(value as never);
      } catch (error) {
        // What an EventTarget does with it: nothing else stops, and it becomes an uncaught error.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}
