import { markOrigin, originOf } from './data-origin.js';
import { Frame } from './frame.js';
import { deepFreeze } from './json.js';
import { formatEventId } from './event-id.js';
import { RecentForms } from './recent-forms.js';
import { encodeFields } from './wire.js';
import type { SsePrincipal } from './principal.js';

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
  /** Where it comes from, as a W3C `traceparent`. */
  readonly trace?: string | undefined;
}

/** What a record takes besides its text, with its places in a log's indices; measured, in bytes. */
const RECORD_BYTES = 208;

/** What a log takes to remember a message id, besides its text; measured, in bytes. */
const MESSAGE_ID_BYTES = 224;

/** JSON takes so many times its length once it is parsed, roughly and at worst. */
const PARSED_RATIO = 16;

/** What a form takes besides its bytes. */
const FORM_BYTES = 64;

/** What was made last of all records of this process. */
const recentForms = new RecentForms();

interface Forms {
  frame: Frame | undefined;
  idlessFrame: Frame | undefined;
  event: StreamEvent | undefined;
}

/**
 * One event as the log holds it and the fan-out passes it on. Its text is all that it keeps. It encodes
 * itself once for all connections that send it in the same while, and parses its data only if somebody looks.
 */
export class EventRecord {
  readonly topic: string;
  readonly type: string;
  readonly json: string;
  readonly publishedAt: number;
  readonly epoch: string | undefined;
  readonly offset: Offset | undefined;
  readonly messageId: string | undefined;
  readonly trace: string | undefined;
  #forms: Forms | undefined;

  constructor(fields: EventRecordFields) {
    this.topic = fields.topic;
    this.type = fields.type;
    this.json = fields.json;
    this.publishedAt = fields.publishedAt;
    this.epoch = fields.epoch;
    this.offset = fields.offset;
    this.messageId = fields.messageId;
    this.trace = fields.trace;
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
    return this.#forms?.frame ?? this.#makeFrame();
  }

  /** The event's block without an id, for connections whose cursor it must not touch. */
  get idlessFrame(): Frame {
    return this.#forms?.idlessFrame ?? this.#makeIdlessFrame();
  }

  /** The event as every subscriber that is not bound to a connection sees it: one frozen object. */
  get event(): StreamEvent {
    return this.#forms?.event ?? this.#makeEvent();
  }

  /** @internal Lets go of the parsed event once everybody has it. */
  forgetEvent(): void {
    if (this.#forms !== undefined) this.#forms.event = undefined;
  }

  /** @internal */
  forgetForms(): void {
    this.#forms = undefined;
  }

  /** What a log takes to keep the record, in bytes: text has one or two a character. */
  get size(): number {
    const { json, type, topic, messageId, trace } = this;
    const more =
      messageId === undefined ? 0 : MESSAGE_ID_BYTES + messageId.length;
    const text = topic.length + bytesOf(type) + bytesOf(json);
    return RECORD_BYTES + text + more + (trace?.length ?? 0);
  }

  /** The data in its frozen JSON form. */
  parse(): unknown {
    return deepFreeze(JSON.parse(this.json));
  }

  #made(bytes: number): Forms {
    recentForms.add(this, bytes);
    return (this.#forms ??= {
      frame: undefined,
      idlessFrame: undefined,
      event: undefined,
    });
  }

  #makeFrame(): Frame {
    const frame = this.#encode(this.id);
    return (this.#made(frame.size + FORM_BYTES).frame = frame);
  }

  #makeIdlessFrame(): Frame {
    if (this.offset === undefined) return this.frame;
    const frame = this.#encode(undefined);
    return (this.#made(frame.size + FORM_BYTES).idlessFrame = frame);
  }

  #makeEvent(): StreamEvent {
    const event = new StreamEvent(this, undefined, this.id);
    const bytes = this.json.length * PARSED_RATIO + FORM_BYTES;
    return (this.#made(bytes).event = event);
  }

  /** The data as it stands on the wire: a string as it is, anything else as JSON. */
  get text(): string {
    const isString = this.json.charCodeAt(0) === 0x22;
    return isString ? (JSON.parse(this.json) as string) : this.json;
  }

  #encode(id: string | undefined): Frame {
    return new Frame(encodeFields({ id, type: this.type, data: this.text }));
  }
}

// The engine keeps a text that has one such character with two bytes for each.
const BEYOND_LATIN_1 = /[\u0100-\uffff]/;

/** What the engine takes for a text, in bytes. */
function bytesOf(text: string): number {
  return BEYOND_LATIN_1.test(text) ? 2 * text.length : text.length;
}

/** Who else may have an event that server code gave out. */
export interface EventAudience {
  mayRead(principal: SsePrincipal | undefined, topic: string): boolean;
}

/** Of events that server code means for everybody. */
export const EVERYBODY: EventAudience = Object.freeze({ mayRead: () => true });

/**
 * What a subscriber gets. Frozen, and the same on every log: `data` is what JSON made of the published
 * value. A copy by spread (`{ ...event, data }`) is an `SseMessage` that keeps its id and so its place.
 */
export class StreamEvent<T = unknown, Type extends string = string> {
  readonly type: Type;
  readonly data: T;
  /** The event's place in the log, opaque. Undefined for transient events. */
  readonly id: string | undefined;
  readonly #record: EventRecord;
  readonly #owner: object | undefined;
  #audience: EventAudience | undefined;
  readonly #resets: number | undefined;

  /** @internal */
  constructor(
    record: EventRecord,
    owner: object | undefined,
    id: string | undefined,
    resets?: number,
  ) {
    // Who declares the events of a topic says which names there are.
    this.type = record.type as Type;
    this.data = (
      owner === undefined ? this.#parse(record) : record.event.data
    ) as T;
    this.id = id;
    this.#record = record;
    this.#owner = owner;
    this.#resets = resets;
    Object.freeze(this);
  }

  #parse({ json }: EventRecord): unknown {
    const data: unknown = JSON.parse(json);
    if (typeof data === 'object' && data !== null) markOrigin(data, this);
    return deepFreeze(data);
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

  /** @internal The event that a value is, or is the data of. */
  static originOf(value: unknown): StreamEvent | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    if (value instanceof StreamEvent) return value;
    const origin = originOf(value);
    return origin instanceof StreamEvent ? origin : undefined;
  }

  /** @internal Server code has it now, and may hand it on to these. */
  static release(event: StreamEvent, audience: EventAudience): void {
    if (event.#audience !== EVERYBODY) event.#audience = audience;
  }

  /** @internal Undefined for events that only bound bus streams gave out. */
  static audienceOf(event: StreamEvent): EventAudience | undefined {
    return event.#audience;
  }

  /** @internal How often that stream had been reset when it emitted this object; undefined for one without a cursor. */
  static resetsBefore(event: StreamEvent): number | undefined {
    return event.#resets;
  }
}
