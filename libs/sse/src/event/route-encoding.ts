import { encodeMessage } from './encode.js';
import type { EventRecord } from './event-record.js';
import { Frame } from './frame.js';
import type { SseMessage } from './message.js';
import { PLAIN_ROUTE, type Serializer } from './serializer.js';

/** How one route's events become bytes: shared by all of its connections. */
export class RouteEncoding {
  #record: EventRecord | undefined;
  #frame: Frame | undefined;
  #idlessFrame: Frame | undefined;

  constructor(private readonly serializer: Serializer = PLAIN_ROUTE) {}

  /** @param id see {@link encodeMessage} */
  message(message: SseMessage, id: string | null | undefined): Frame {
    return new Frame(encodeMessage(message, id, this.serializer));
  }

  /** A record's block; the record's own one unless this route sends other data than the log has. */
  record(record: EventRecord, hasId: boolean): Frame {
    if (!this.serializer.changesPlainData)
      return hasId ? record.frame : record.idlessFrame;
    // The latest one is kept: a fan-out gives each connection of the route the same record in turn.
    if (this.#record !== record) {
      this.#record = record;
      this.#frame = this.#idlessFrame = undefined;
    }
    return hasId
      ? (this.#frame ??= this.#encode(record, record.id))
      : (this.#idlessFrame ??= this.#encode(record, undefined));
  }

  #encode(record: EventRecord, id: string | undefined): Frame {
    const data = JSON.parse(record.json) as SseMessage['data'];
    return this.message({ type: record.type, data }, id ?? null);
  }
}
