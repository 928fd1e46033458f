import type { EventRecord } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';
import type { BusContext } from './fan-out/bus-context.js';
import type { StreamOutput } from './stream-output.js';
import type { PlacedStream } from './fan-out/tail.js';
import type { TopicSubscriber } from './fan-out/topic-index.js';

/** A stream of live events only: of server code, or beside the bound one of a connection. */
export class LiveStream implements TopicSubscriber, PlacedStream {
  /** What was already published when the subscription began, or came by another topic of this stream. */
  #after = 0;
  #lastTransient: EventRecord | undefined;

  constructor(
    private readonly bus: BusContext,
    readonly selector: TopicSelector,
    private readonly output: StreamOutput,
  ) {}

  start(): void {
    const { tail } = this.bus;
    this.#after = tail.offset;
    // `repeat()` resubscribes inside the delivery of a transient event; without this it would receive that same event
    // again, for ever.
    this.#lastTransient = tail.current;
    tail.subscribe(this);
    tail.place(this);
  }

  stop(): void {
    const { tail } = this.bus;
    tail.unsubscribe(this);
    tail.displace(this);
  }

  // It has no cursor that would tell anybody of the gap: it goes on with what comes next.
  onReset(): void {
    this.#after = this.bus.tail.offset;
  }

  deliver(record: EventRecord): void {
    if (record.offset === undefined) {
      if (record === this.#lastTransient) return;
      this.#lastTransient = record;
    } else {
      if (record.offset <= this.#after) return;
      this.#after = record.offset;
    }
    try {
      this.output.deliver(record);
    } catch (error) {
      this.stop();
      this.output.error(error);
    }
  }

  deliverEnd(record: EventRecord): void {
    if (!this.bus.tail.isOver(this.selector, record.order)) return;
    this.stop();
    this.output.complete();
  }
}
