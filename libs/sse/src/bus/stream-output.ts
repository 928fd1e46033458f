import type { Subscriber } from 'rxjs';
import {
  StreamEvent,
  type EventAudience,
  type EventRecord,
} from '../event/event-record.js';
import type { ConnectionPort } from './binding/connection-port.js';
import type { BusStreamOptions } from './bus-stream-options.js';
import { mapped, passesFilter } from './stream-callbacks.js';
import type { SubscriberContext } from './binding/subscriber-context.js';

/** Is told how a bus stream ended. */
export interface StreamEnd {
  complete(): void;
  error(error: unknown): void;
}

/** Where a bound stream's events go. */
export interface StreamOutput extends StreamEnd {
  /** Whether every event that was delivered is on its way to the client, so that cursors may follow it. */
  readonly isDirect: boolean;
  /** Whether operators may still hold something of what was delivered. */
  readonly mayHold: boolean;
  /** @returns whether the filter let it through */
  deliver(record: EventRecord): boolean;
}

/** Straight to the connection, for a handler that returned the bus stream itself. */
export class DirectOutput implements StreamOutput {
  readonly isDirect = true;
  readonly mayHold = false;

  constructor(
    private readonly binding: ConnectionPort,
    private readonly options: BusStreamOptions<never>,
    private readonly context: SubscriberContext,
    private readonly end: StreamEnd,
  ) {}

  deliver(record: EventRecord): boolean {
    const { filter, map, replay } = this.options;
    const withId = replay !== false;
    if (filter === undefined && map === undefined) {
      this.binding.sendRecord(record, withId);
      return true;
    }
    return this.context.run(() => {
      const event = record.event;
      if (!passesFilter(this.options, event)) return false;
      if (map === undefined) this.binding.sendRecord(record, withId);
      else {
        const value = mapped(this.options, event);
        this.binding.sendMapped(record, value, withId);
      }
      return true;
    });
  }

  complete(): void {
    this.end.complete();
  }

  error(error: unknown): void {
    this.end.error(error);
  }
}

/** The stream whose events operators get. */
export interface EmittingStream {
  readonly binding: ConnectionPort;
  /** How often it was reset; undefined for one that has no cursor. */
  readonly resets?: number;
}

/** Through the operators that the handler put behind the bus stream. */
export class OperatorOutput implements StreamOutput {
  readonly isDirect = false;
  #mayHold = false;

  constructor(
    private readonly stream: EmittingStream,
    private readonly options: BusStreamOptions<never>,
    private readonly context: SubscriberContext,
    private readonly subscriber: Subscriber<unknown>,
    private readonly withIds: boolean,
  ) {}

  get mayHold(): boolean {
    return this.#mayHold;
  }

  deliver(record: EventRecord): boolean {
    const { options } = this;
    const { binding, resets } = this.stream;
    return this.context.run(() => {
      if (options.filter !== undefined && !passesFilter(options, record.event))
        return false;
      this.#mayHold = true;
      const event = new StreamEvent(
        record,
        binding,
        this.withIds ? record.id : undefined,
        resets,
      );
      const value = mapped(options, event);
      if (this.withIds) binding.beginEmission(record);
      try {
        this.subscriber.next(value);
      } finally {
        if (this.withIds) binding.endEmission();
      }
      return true;
    });
  }

  complete(): void {
    this.context.run(() => this.subscriber.complete());
  }

  error(error: unknown): void {
    this.context.run(() => this.subscriber.error(error));
  }
}

/** To server code, which gets the event that everybody gets. */
export class ServerOutput<Event extends StreamEvent> implements StreamOutput {
  readonly isDirect = false;
  readonly mayHold = false;

  constructor(
    private readonly options: BusStreamOptions<never>,
    private readonly context: SubscriberContext,
    private readonly subscriber: Subscriber<Event>,
    private readonly audience: EventAudience,
  ) {}

  deliver(record: EventRecord): boolean {
    return this.context.run(() => {
      const event = record.event;
      StreamEvent.release(event, this.audience);
      if (!passesFilter(this.options, event)) return false;
      this.subscriber.next(mapped(this.options, event) as Event);
      return true;
    });
  }

  complete(): void {
    this.context.run(() => this.subscriber.complete());
  }

  error(error: unknown): void {
    this.context.run(() => this.subscriber.error(error));
  }
}
