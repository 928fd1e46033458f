import { Frame } from './frame.js';
import { deepFreeze } from './json.js';
import { formatEventId } from './event-id.js';
import { encodeFields } from './wire.js';

/**
 * A place in an event log: a safe integer that the log assigns, greater for every later event. Gaps are
 * allowed.
 */
export type Offset = number;

/** What an {@link EventRecord} is made of. */
export interface EventRecordFields {
  readonly topic: string;
  readonly type: string;
  /** The data as JSON text. */
  readonly json: string;
  /** Milliseconds since the Unix epoch. */
  readonly publishedAt: number;
  /** Undefined for transient events. */
  readonly epoch?: string;
  /** Undefined for transient events. */
  readonly offset?: Offset;
  readonly messageId?: string | undefined;
}

/**
 * One event as the log holds it and the fan-out passes it on. It encodes itself once, however many
 * connections send it, and parses its data only if somebody looks.
 */
export class EventRecord {
  readonly topic: string;
  readonly type: string;
  readonly json: string;
  readonly publishedAt: number;
  readonly epoch: string | undefined;
  readonly offset: Offset | undefined;
  readonly messageId: string | undefined;
  #frame: Frame | undefined;
  #idlessFrame: Frame | undefined;
  #event: StreamEvent | undefined;

  constructor(fields: EventRecordFields) {
    this.topic = fields.topic;
    this.type = fields.type;
    this.json = fields.json;
    this.publishedAt = fields.publishedAt;
    this.epoch = fields.epoch;
    this.offset = fields.offset;
    this.messageId = fields.messageId;
  }

  /** Its place among all records; transient ones come after everything. */
  get order(): number {
    return this.offset ?? Infinity;
  }

  /** What the client sees as the event's id, and sends back as its cursor. */
  get id(): string | undefined {
    return this.offset === undefined || this.epoch === undefined
      ? undefined
      : formatEventId(this.epoch, this.offset);
  }

  /** The event's block with its id. */
  get frame(): Frame {
    return (this.#frame ??= this.#encode(this.id));
  }

  /** The event's block without an id, for connections whose cursor it must not touch. */
  get idlessFrame(): Frame {
    return (this.#idlessFrame ??=
      this.offset === undefined ? this.frame : this.#encode(undefined));
  }

  /** The event as every subscriber that is not bound to a connection sees it: one frozen object. */
  get event(): StreamEvent {
    return (this.#event ??= new StreamEvent(this, undefined, this.id));
  }

  /** Lets go of the parsed event once everybody has it: the log keeps the record for much longer. */
  forgetEvent(): void {
    this.#event = undefined;
  }

  /** A rough measure of what the record takes, in bytes. */
  get size(): number {
    return this.json.length + this.topic.length + this.type.length + 64;
  }

  /** The data in its frozen JSON form. */
  parse(): unknown {
    return deepFreeze(JSON.parse(this.json));
  }

  #encode(id: string | undefined): Frame {
    const isString = this.json.charCodeAt(0) === 0x22;
    const data = isString ? (JSON.parse(this.json) as string) : this.json;
    return new Frame(encodeFields({ id, type: this.type, data }));
  }
}

/**
 * What a subscriber gets. Frozen, and the same on every log: `data` is what JSON made of the published
 * value. A copy by spread (`{ ...event, data }`) is an `SseMessage` that keeps its id and so its place.
 */
export class StreamEvent<T = unknown> {
  readonly type: string;
  readonly data: T;
  /** The event's place in the log, opaque. Undefined for transient events. */
  readonly id: string | undefined;
  readonly #record: EventRecord;
  readonly #owner: object | undefined;

  /** @internal */
  constructor(
    record: EventRecord,
    owner: object | undefined,
    id: string | undefined,
  ) {
    this.type = record.type;
    this.data = (owner === undefined ? record.parse() : record.event.data) as T;
    this.id = id;
    this.#record = record;
    this.#owner = owner;
    Object.freeze(this);
  }

  get topic(): string {
    return this.#record.topic;
  }

  /** Milliseconds since the Unix epoch. */
  get publishedAt(): number {
    return this.#record.publishedAt;
  }

  /** @internal */
  static recordOf(event: StreamEvent): EventRecord {
    return event.#record;
  }

  /** @internal The binding that a bound bus stream emitted this object for. */
  static ownerOf(event: StreamEvent): object | undefined {
    return event.#owner;
  }
}
