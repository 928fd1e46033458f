import type { ReceivedBlock } from '../support/sse-client.js';

/** What was published, in the order of the log. */
export interface LoggedEvent {
  readonly kind: 'event' | 'end' | 'transient';
  /** Counts all of them, those included that the log does not keep. */
  readonly number: number;
  readonly topic: string;
  /** Undefined for a transient event. */
  readonly offset: number | undefined;
}

/** What a stream covers, and which of its events it lets through. */
export interface StreamModel {
  readonly topics: readonly string[];
  readonly hasPatterns: boolean;
  covers(topic: string): boolean;
  passes(number: number): boolean;
  readonly hasSnapshot: boolean;
}

/** Watches what one client is sent, over all its connections, and says what breaks a promise. */
export class Oracle {
  /** The place up to which the client has everything; undefined until it is told of one. */
  #place: number | undefined;
  /** Between a reset, or the beginning, and the `stream-live` that says where the client is. */
  #isAnew = true;
  #hasSnapshot = false;
  #lastTransient = 0;
  #isOver = false;

  constructor(
    private readonly model: StreamModel,
    private readonly log: readonly LoggedEvent[],
  ) {}

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the client has all that was published so far. */
  get hasAll(): boolean {
    return (
      this.#isOver ||
      (!this.#isAnew &&
        this.#nextDue() === undefined &&
        !this.#isOverBy(Infinity))
    );
  }

  /** @returns what is wrong with this block at this moment */
  take(block: ReceivedBlock): string | undefined {
    const { type, data } = block;
    if (data === undefined) return undefined;
    if (type === 'stream-open' || type === 'filler') return undefined;
    if (type === 'stream-error') return `an error: ${data}`;
    if (type === 'stream-reset') return this.#reset();
    if (type === 'stream-live') return this.#live(offsetOf(block.id));
    if (type === 'stream-cursor') return this.#moveTo(offsetOf(block.id));
    if (type === 'stream-end') return this.#end();
    if (type === 'snapshot' || data === 'state') {
      this.#hasSnapshot = true;
      return this.#isAnew ? undefined : 'a snapshot without a reset before it';
    }
    return this.#event(Number.parseInt(data, 10), offsetOf(block.id));
  }

  /** The client comes back, and has nothing of what was on its way. */
  reconnects(lastEventId: string | undefined): void {
    if (lastEventId === undefined) {
      this.#isAnew = true;
      this.#hasSnapshot = false;
      this.#place = undefined;
    } else if (!this.#isAnew) this.#place = offsetOf(lastEventId);
  }

  #reset(): undefined {
    this.#isAnew = true;
    this.#hasSnapshot = false;
    return undefined;
  }

  #live(offset: number | undefined): string | undefined {
    if (offset === undefined) return 'stream-live without a cursor';
    if (!this.#isAnew) return this.#moveTo(offset);
    if (this.model.hasSnapshot && !this.#hasSnapshot)
      return 'stream-live without the snapshot before it';
    this.#isAnew = false;
    this.#place = offset;
    return undefined;
  }

  // A cursor may lag behind what was delivered, and must not be ahead of it.
  #moveTo(offset: number | undefined): string | undefined {
    if (offset === undefined) return 'a cursor without an id';
    const due = this.#nextDue();
    if (due !== undefined && due.offset! <= offset)
      return `a cursor at ${offset}, but ${describe(due)} has not come`;
    if (this.#isOverBy(offset)) return `a cursor at ${offset}, behind the end`;
    this.#place = Math.max(this.#place ?? 0, offset);
    return undefined;
  }

  #event(number: number, offset: number | undefined): string | undefined {
    const event = this.log.find((one) => one.number === number);
    if (event === undefined) return `an event that nobody published: ${number}`;
    if (!this.model.covers(event.topic)) return `foreign: ${describe(event)}`;
    if (!this.model.passes(number))
      return `not let through: ${describe(event)}`;
    if (event.kind === 'transient') {
      if (offset !== undefined) return `an id on ${describe(event)}`;
      if (number <= this.#lastTransient) return `again: ${describe(event)}`;
      this.#lastTransient = number;
      return undefined;
    }
    if (offset !== event.offset)
      return `${describe(event)} with the id of ${offset}`;
    if (offset! <= (this.#place ?? 0))
      return `again, or late: ${describe(event)}`;
    if (this.#isAnew) {
      if (this.model.hasSnapshot)
        return `before the snapshot was whole: ${describe(event)}`;
      // Published while the stream was on its way from its new beginning.
      this.#isAnew = false;
      this.#place = offset! - 1;
    }
    const due = this.#nextDue();
    if (due !== event)
      return `${describe(event)}, but ${describe(due!)} was next`;
    if (this.#isOverBy(offset!)) return `behind the end: ${describe(event)}`;
    this.#place = offset;
    return undefined;
  }

  #end(): string | undefined {
    this.#isOver = true;
    const end = this.#firstOver();
    if (end === undefined) return 'an end that is none';
    const due = this.#nextDue();
    return due !== undefined && due.offset! < end
      ? `an end at ${end}, but ${describe(due)} has not come`
      : undefined;
  }

  /** The next event that the client must get. */
  #nextDue(): LoggedEvent | undefined {
    const { model } = this;
    return this.log.find(
      ({ kind, offset, topic, number }) =>
        kind === 'event' &&
        offset! > (this.#place ?? Infinity) &&
        model.covers(topic) &&
        model.passes(number),
    );
  }

  #isOverBy(offset: number): boolean {
    const end = this.#firstOver();
    return end !== undefined && end < offset;
  }

  /** The first end behind the client's place at which all topics of the stream have ended. */
  #firstOver(): number | undefined {
    const { topics, hasPatterns } = this.model;
    if (hasPatterns || this.#place === undefined) return undefined;
    const ended = new Set<string>();
    for (const { kind, topic, offset } of this.log) {
      if (kind === 'transient' || !topics.includes(topic)) continue;
      if (kind === 'event') ended.delete(topic);
      else {
        ended.add(topic);
        if (offset! > this.#place && ended.size === topics.length)
          return offset;
      }
    }
    return undefined;
  }
}

function offsetOf(id: string | undefined): number | undefined {
  return id === undefined ? undefined : Number(id.split('.')[1]);
}

function describe({ kind, number, topic, offset }: LoggedEvent): string {
  return `${kind} ${number} of ${topic} at ${offset}`;
}
