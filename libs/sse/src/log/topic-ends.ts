import type { EventRecord, Offset } from '../event/event-record.js';
import { endedTopic, isControlTopic } from './control-topic.js';

/** Enough for the streams of a busy day, and little memory where every job has a topic of its own. */
const MAX_TOPICS = 10_000;

/** Of a topic that ends and goes on again and again, the newest changes. */
const MAX_CHANGES = 64;

/** A topic's places in the log where it ended and, alternately, where it went on after that. */
export interface TopicChanges {
  readonly topic: string;
  readonly places: readonly Offset[];
}

/**
 * At which places of the log a topic has ended: its newest record there is its end. Kept when the records themselves
 * are trimmed, so that all clients that stand at one place are told the same.
 */
export class TopicEnds {
  readonly #changes = new Map<string, Offset[]>();

  /** @param known from before this process followed the log */
  constructor(known: readonly TopicChanges[] = []) {
    for (const { topic, places } of known)
      this.#changes.set(topic, [...places]);
  }

  /** Takes the next record of the log. A transient one is in no place of it, and changes nothing. */
  note({ topic, offset }: Pick<EventRecord, 'topic' | 'offset'>): void {
    if (offset === undefined) return;
    if (!isControlTopic(topic)) this.#goOn(topic, offset);
    else {
      const ended = endedTopic(topic);
      if (ended !== undefined) this.#end(ended, offset);
    }
  }

  /** Whether the topic's newest record at this place, or before, is its end. */
  hasEnded(topic: string, at: Offset): boolean {
    const places = this.#changes.get(topic);
    if (places === undefined) return false;
    let count = places.length;
    while (count > 0 && places[count - 1]! > at) count--;
    return count % 2 === 1;
  }

  /** What is known, for another one. */
  known(): TopicChanges[] {
    return Array.from(this.#changes, ([topic, places]) => ({
      topic,
      places: [...places],
    }));
  }

  #end(topic: string, at: Offset): void {
    const places = this.#changes.get(topic) ?? [];
    // To the end of the map: the topic that ended longest ago is the first to be forgotten.
    this.#changes.delete(topic);
    this.#changes.set(topic, places);
    if (places.length % 2 === 0 && isLater(at, places)) places.push(at);
    if (places.length > MAX_CHANGES) places.splice(0, 2);
    if (this.#changes.size <= MAX_TOPICS) return;
    const [oldest] = this.#changes.keys();
    this.#changes.delete(oldest!);
  }

  #goOn(topic: string, at: Offset): void {
    if (this.#changes.size === 0) return;
    const places = this.#changes.get(topic);
    if (places === undefined || places.length % 2 === 0) return;
    if (isLater(at, places)) places.push(at);
  }
}

/** Places that were known from before come once more with their records. */
function isLater(at: Offset, places: readonly Offset[]): boolean {
  return places.length === 0 || at > places.at(-1)!;
}
