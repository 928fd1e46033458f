import type { StreamErrorData } from './control-event.js';
import { ControlFrame } from './control-frame.js';
import type { StreamDialect } from './dialect.js';
import { dataText } from './encode.js';
import type { EventRecord } from './event-record.js';
import { Frame } from './frame.js';
import { messageOf } from './message-form.js';
import type { SseMessage } from './message.js';
import { RouteEncoding } from './route-encoding.js';
import type { Serializer } from './serializer.js';
import { encodeFields } from './wire.js';

/**
 * A stream for clients that take every block with data for a chunk of theirs, whatever its name: no block has a name,
 * what the stream says of itself is a comment or an id alone, and failures and the end are said by a dialect.
 */
export class DataOnlyEncoding extends RouteEncoding {
  constructor(
    serializer: Serializer,
    private readonly dialect: StreamDialect,
  ) {
    super(serializer);
  }

  override get headers(): Readonly<Record<string, string>> {
    return this.dialect.headers ?? {};
  }

  override message(message: SseMessage, id: string | null | undefined): Frame {
    return super.message({ ...message, type: undefined }, id);
  }

  // A chunk may have a type, an id and data of its own, as those of the AI SDK do: it is no message of ours.
  override messageOf(value: unknown): SseMessage | undefined {
    return typeof value === 'object' && value !== null && 'type' in value
      ? undefined
      : messageOf(value);
  }

  override control(frame: Frame): Frame {
    if (!(frame instanceof ControlFrame)) return frame;
    const { type, data, id, retry } = frame.fields;
    switch (type) {
      case 'stream-error':
        return this.#said(this.dialect.failed(data as StreamErrorData), id);
      case 'stream-end':
        return this.#said(this.dialect.ended(), id);
      case 'stream-live':
      case 'stream-cursor':
        return id === undefined
          ? comment(type, data, retry)
          : new Frame(encodeFields({ id }));
      default:
        return comment(type, data, retry);
    }
  }

  protected override get hasOwnRecords(): boolean {
    return true;
  }

  protected override encodeRecord(
    record: EventRecord,
    id: string | undefined,
  ): Frame {
    return this.changesData
      ? super.encodeRecord(record, id)
      : new Frame(encodeFields({ id, data: record.text }));
  }

  /** The blocks of a dialect; the id, which marks an end, stands in the first of them. */
  #said(values: readonly unknown[], id: string | undefined): Frame {
    if (values.length === 0)
      return new Frame(id === undefined ? ':\n\n' : encodeFields({ id }));
    return new Frame(
      values
        .map((value, index) =>
          encodeFields({ ...(index === 0 && { id }), data: dataText(value) }),
        )
        .join(''),
    );
  }
}

function comment(type: string, data: object, retry?: number): Frame {
  return new Frame(
    encodeFields({ comment: `${type} ${JSON.stringify(data)}`, retry }),
  );
}
