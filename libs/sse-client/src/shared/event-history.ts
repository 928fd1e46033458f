import { isControlType } from '../control-type.js';
import type { ReceivedEvent } from '../stream-event.js';

/** An event, and what names it in all tabs. */
export interface SharedEvent {
  readonly event: ReceivedEvent;
  /** The id of its own, by which it is known when a server sends it again. */
  readonly id: string | undefined;
  /** Its place in a leader's term, by which it is known when a leader tells it again. */
  readonly key: string | undefined;
}

const MAX_EVENTS = 1000;
const MAX_LENGTH = 4 * 1024 * 1024;

/** The latest events that a tab has had: what tells those that come twice, and what a tab that was away has missed. */
export class EventHistory {
  readonly #events: SharedEvent[] = [];
  /** The keys, and the ids of the application's events: those of the stream itself are news each time. */
  readonly #names = new Set<string>();
  #length = 0;

  has(shared: SharedEvent): boolean {
    return namesOf(shared).some((name) => this.#names.has(name));
  }

  add(shared: SharedEvent): void {
    this.#events.push(shared);
    this.#length += shared.event.text.length;
    for (const name of namesOf(shared)) this.#names.add(name);
    while (this.#events.length > MAX_EVENTS || this.#length > MAX_LENGTH) {
      const oldest = this.#events.shift()!;
      this.#length -= oldest.event.text.length;
      for (const name of namesOf(oldest)) this.#names.delete(name);
    }
  }

  /** What came after the event of this id; undefined if it is not here. */
  after(id: string): readonly SharedEvent[] | undefined {
    const place = this.#events.findLastIndex((shared) => shared.id === id);
    return place < 0 ? undefined : this.#events.slice(place + 1);
  }
}

function namesOf({ event, id, key }: SharedEvent): string[] {
  const names = key === undefined ? [] : [`key ${key}`];
  if (id !== undefined && !isControlType(event.type)) names.push(`id ${id}`);
  return names;
}
