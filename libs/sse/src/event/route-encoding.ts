import { encodeMessage } from './encode.js';
import type { EventRecord } from './event-record.js';
import { Frame } from './frame.js';
import { messageOf } from './message-form.js';
import type { SseMessage } from './message.js';
import { PLAIN_ROUTE, type Serializer } from './serializer.js';

/** How one route's events become bytes: shared by all of its connections. Streams are named unless a heir says otherwise. */
export class RouteEncoding {
  #record: EventRecord | undefined;
  #frame: Frame | undefined;
  #idlessFrame: Frame | undefined;

  constructor(private readonly serializer: Serializer = PLAIN_ROUTE) {}

  /** Headers that its clients look for. */
  get headers(): Readonly<Record<string, string>> {
    return {};
  }

  /** The message that an emitted value is; undefined for data. */
  messageOf(value: unknown): SseMessage | undefined {
    return messageOf(value);
  }

  /** @param id see {@link encodeMessage} */
  message(message: SseMessage, id: string | null | undefined): Frame {
    return new Frame(encodeMessage(message, id, this.serializer));
  }

  /** What the stream says of itself. */
  control(frame: Frame): Frame {
    return frame;
  }

  /** A record's block; the record's own one unless this route sends it in another form than the log has. */
  record(record: EventRecord, hasId: boolean): Frame {
    if (!this.hasOwnRecords) return hasId ? record.frame : record.idlessFrame;
    // The latest one is kept: a fan-out gives each connection of the route the same record in turn.
    if (this.#record !== record) {
      this.#record = record;
      this.#frame = this.#idlessFrame = undefined;
    }
    return hasId
      ? (this.#frame ??= this.encodeRecord(record, record.id))
      : (this.#idlessFrame ??= this.encodeRecord(record, undefined));
  }

  /** Whether records go out in another form than their own. */
  protected get hasOwnRecords(): boolean {
    return this.changesData;
  }

  /** Whether this route sends other data than the log has. */
  protected get changesData(): boolean {
    return this.serializer.changesPlainData;
  }

  protected encodeRecord(record: EventRecord, id: string | undefined): Frame {
    const data = JSON.parse(record.json) as SseMessage['data'];
    return this.message({ type: record.type, data }, id ?? null);
  }
}
