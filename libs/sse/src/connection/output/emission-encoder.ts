import { Logger } from '@nestjs/common';
import {
  refuseForeign,
  type EventReader,
} from '../../bus/binding/foreign-event.js';
import type { CursorOwner } from '../../bus/binding/connection-port.js';
import {
  StreamEvent,
  type EventRecord,
  type Offset,
} from '../../event/event-record.js';
import { refusePromise } from '../../base/async-callback.js';
import { SseException } from '../../base/exception.js';
import { parseEndId } from '../../event/end-id.js';
import type { Frame } from '../../event/frame.js';
import { messageOfData } from '../../event/message-form.js';
import type { SseMessage } from '../../event/message.js';
import type { RouteEncoding } from '../../event/route-encoding.js';
import type { EventIdGenerator } from './event-ids.js';

/** The key of comments and waits, which replace no event; no type holds NUL. */
const DATALESS_KEY = '\0';

const logger = new Logger('SseStream');

/** Takes the encoded blocks. */
export interface FrameSink {
  push(frame: Frame, key?: string): void;
}

/**
 * Encodes what sources emit, and decides which id a block may carry: on a connection with a bound bus
 * stream an id is a promise that everything before it has been delivered, so that it comes from that
 * stream only and never goes backwards.
 */
export class EmissionEncoder {
  /** The place of the newest id that was sent. */
  #sentOffset: Offset = -1;
  #lastSentId: string | undefined;
  #emitting: EventRecord | undefined;
  /** The latest output of the running emission: it gets the event's id unless another one follows it. */
  #held: SseMessage | undefined;
  #hasWarned = false;
  #isSnapshot = false;

  constructor(
    private readonly reader: EventReader,
    private readonly sink: FrameSink,
    private readonly key: ((message: SseMessage) => string) | undefined,
    private readonly encoding: RouteEncoding,
  ) {}

  bound: CursorOwner | undefined;
  eventIds: EventIdGenerator | undefined;

  get sentOffset(): Offset {
    return this.#sentOffset;
  }

  get lastSentId(): string | undefined {
    return this.#lastSentId;
  }

  /** An id that went out, or that the client came with. */
  noteId(id: string | undefined, offset?: Offset): void {
    this.#lastSentId = id;
    if (offset !== undefined) this.#sentOffset = offset;
  }

  record(record: EventRecord, withId: boolean): void {
    const key = this.#isSnapshot
      ? undefined
      : this.#slotOf(record.event as SseMessage, record.type);
    const hasId = withId && record.offset !== undefined;
    if (hasId) this.#sentOffset = record.order;
    this.sink.push(this.encoding.record(record, hasId), key);
  }

  mapped(record: EventRecord, value: unknown, withId: boolean): void {
    if (value === undefined) {
      throw new SseException(
        'UNSERIALIZABLE_DATA',
        'The map of a bus stream returned undefined; leave events out with filter.',
      );
    }
    if (
      value instanceof StreamEvent &&
      StreamEvent.recordOf(value) === record
    ) {
      this.record(record, withId);
      return;
    }
    const message = { ...this.#messageOf(value) };
    delete message.id;
    if (withId && record.offset !== undefined) this.#sentOffset = record.offset;
    this.#push(message, withId ? record.id : undefined);
  }

  beginEmission(record: EventRecord): void {
    this.#emitting = record;
  }

  endEmission(): void {
    const record = this.#emitting;
    this.#emitting = undefined;
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#push(
      held,
      record?.id !== undefined
        ? this.#advanceTo(record.order, record.id)
        : undefined,
    );
  }

  /** What the stream says of itself, in the form of this route. */
  control(frame: Frame): void {
    this.sink.push(this.encoding.control(frame));
  }

  /** Anything that a source emitted. */
  value(value: unknown): void {
    if (value instanceof StreamEvent) this.#event(value);
    else this.#message(this.#messageOf(value));
  }

  /** A value of a snapshot: no policy may replace or drop it, because a snapshot is whole or none. */
  snapshot(value: unknown): void {
    this.#isSnapshot = true;
    try {
      this.value(value);
    } finally {
      this.#isSnapshot = false;
    }
  }

  #event(event: StreamEvent): void {
    refuseForeign(event, this.reader);
    this.#releaseHeld();
    if (this.#isOutdated(event)) return;
    const record = StreamEvent.recordOf(event);
    const mayHaveId =
      StreamEvent.ownerOf(event) !== undefined &&
      event.id !== undefined &&
      record.order > this.#sentOffset;
    if (mayHaveId) this.#lastSentId = event.id;
    this.record(record, mayHaveId);
  }

  #message(message: SseMessage): void {
    this.#releaseHeld();
    if (this.bound === undefined) {
      const id = this.#sourceId(message);
      this.#push({ ...message, id }, undefined);
      if (id !== undefined) this.#lastSentId = id;
    } else if (
      message.id === undefined &&
      this.#emitting !== undefined &&
      message.data !== undefined
    ) {
      this.#held = message;
    } else {
      const id =
        message.id === undefined
          ? undefined
          : this.#ownId(this.bound, message.id);
      this.#push(message, id ?? null);
    }
  }

  #releaseHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#push(held, null);
  }

  #push(message: SseMessage, id: string | null | undefined): void {
    const frame = this.encoding.message(message, id);
    this.sink.push(frame, this.#isSnapshot ? undefined : this.#keyOf(message));
  }

  #keyOf(message: SseMessage): string {
    return message.data !== undefined
      ? this.#slotOf(message, message.type ?? 'message')
      : DATALESS_KEY;
  }

  #slotOf(message: SseMessage, type: string): string {
    const key = this.key?.(message) ?? type;
    if (typeof key !== 'string')
      refusePromise('slowConsumer.key', key, 'Take the key from the event.');
    return key;
  }

  // An operator may have held it since before a reset: an old change on top of the new state.
  #isOutdated(event: StreamEvent): boolean {
    const resets = StreamEvent.resetsBefore(event);
    return resets !== undefined && resets !== this.bound?.resets;
  }

  #messageOf(value: unknown): SseMessage {
    refuseForeign(value, this.reader);
    // Another event, kept from before: what it says goes out in this one's place.
    if (value instanceof StreamEvent)
      return { type: value.type, data: value.data as SseMessage['data'] };
    const message = this.encoding.messageOf(value);
    if (message === undefined) return messageOfData(value);
    refuseForeign(message.data, this.reader);
    return message;
  }

  #sourceId(message: SseMessage): string | undefined {
    const id = message.id ?? this.#generateId(message);
    if (id === undefined || parseEndId(id) === undefined) return id;
    // A client that came back with it would be told that all is over.
    this.#warn(id, 'it is the id of an end, which only the end itself has');
    return undefined;
  }

  #generateId(message: SseMessage): string | undefined {
    if (message.data === undefined) return undefined;
    const id = this.eventIds?.(message, this.#lastSentId);
    if (typeof id === 'object')
      refusePromise(
        'generate of EventIdInterceptor',
        id,
        'Make the id from the event and the id before it.',
      );
    return id;
  }

  #ownId(bound: CursorOwner, id: string): string | undefined {
    const offset = bound.offsetOf(id);
    if (offset !== undefined) return this.#advanceTo(offset, id);
    this.#warn(
      id,
      "this connection's ids are those of its bus stream, and another one would make the client lose its place",
    );
    return undefined;
  }

  #warn(id: string, reason: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const quoted = JSON.stringify(id.slice(0, 80));
    logger.warn(
      `An event with the id ${quoted} was sent without it: ${reason}.`,
    );
  }

  #advanceTo(offset: Offset, id: string): string | undefined {
    if (offset <= this.#sentOffset) return undefined;
    this.#sentOffset = offset;
    this.#lastSentId = id;
    return id;
  }
}
