import type { Subscriber } from 'rxjs';
import { StreamEvent, type EventRecord } from '../event/event-record.js';
import type { StreamBinding } from './binding/connection-port.js';
import type { BusStreamOptions } from './bus-stream-options.js';
import type { StreamScope } from './binding/subscriber-context.js';

/** Where a bound stream's events go. */
export interface StreamOutput {
  /** Whether every event that was delivered is on its way to the client, so that cursors may follow it. */
  readonly isDirect: boolean;
  /** @returns whether the filter let it through */
  deliver(record: EventRecord): boolean;
  complete(): void;
  error(error: unknown): void;
}

/** Straight to the connection, for a handler that returned the bus stream itself. */
export class DirectOutput implements StreamOutput {
  readonly isDirect = true;

  constructor(
    private readonly binding: StreamBinding,
    private readonly options: BusStreamOptions<never>,
    private readonly scope: StreamScope,
    private readonly ending: { complete(): void; error(error: unknown): void },
  ) {}

  deliver(record: EventRecord): boolean {
    const { filter, map, replay } = this.options;
    const withId = replay !== false;
    if (filter === undefined && map === undefined) {
      this.binding.sendRecord(record, withId);
      return true;
    }
    return this.scope.run(() => {
      const event = record.event as StreamEvent<never>;
      if (filter !== undefined && !filter(event)) return false;
      if (map === undefined) this.binding.sendRecord(record, withId);
      else this.binding.sendMapped(record, map(event), withId);
      return true;
    });
  }

  complete(): void {
    this.ending.complete();
  }

  error(error: unknown): void {
    this.ending.error(error);
  }
}

/** Through the operators that the handler put behind the bus stream. */
export class OperatorOutput implements StreamOutput {
  readonly isDirect = false;

  constructor(
    private readonly binding: StreamBinding,
    private readonly options: BusStreamOptions<never>,
    private readonly scope: StreamScope,
    private readonly subscriber: Subscriber<unknown>,
    private readonly withIds: boolean,
  ) {}

  deliver(record: EventRecord): boolean {
    const { filter, map } = this.options;
    return this.scope.run(() => {
      if (filter !== undefined && !filter(record.event as StreamEvent<never>))
        return false;
      const event = new StreamEvent(
        record,
        this.binding,
        this.withIds ? record.id : undefined,
      );
      const value =
        map === undefined ? event : map(event as StreamEvent<never>);
      if (this.withIds) this.binding.beginEmission(record);
      try {
        this.subscriber.next(value);
      } finally {
        if (this.withIds) this.binding.endEmission();
      }
      return true;
    });
  }

  complete(): void {
    this.scope.run(() => this.subscriber.complete());
  }

  error(error: unknown): void {
    this.scope.run(() => this.subscriber.error(error));
  }
}

/** To server code, which gets the event that everybody gets. */
export class ServerOutput<T> implements StreamOutput {
  readonly isDirect = false;

  constructor(
    private readonly options: BusStreamOptions<never>,
    private readonly scope: StreamScope,
    private readonly subscriber: Subscriber<StreamEvent<T>>,
  ) {}

  deliver(record: EventRecord): boolean {
    const { filter, map } = this.options;
    return this.scope.run(() => {
      const event = record.event as StreamEvent<never>;
      if (filter !== undefined && !filter(event)) return false;
      this.subscriber.next(
        (map === undefined ? event : map(event)) as StreamEvent<T>,
      );
      return true;
    });
  }

  complete(): void {
    this.scope.run(() => this.subscriber.complete());
  }

  error(error: unknown): void {
    this.scope.run(() => this.subscriber.error(error));
  }
}
