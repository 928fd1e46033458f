import { EventRecord, type Offset } from '../../event/event-record.js';
import { decodeEntry, type FlatFields } from '../record-codec.js';

/** An entry of a Redis stream: its id, and its fields and values in turn. */
export type StreamEntry = readonly [id: string, fields: FlatFields];

/** The reserved topic of the entry with which an epoch begins; its JSON text is the epoch. */
export const EPOCH_TOPIC = '$epoch';

/** What an entry of the stream is. */
export type ParsedEntry =
  /** None of this log, or broken without a link: it is not part of the chain. */
  | { readonly kind: 'foreign' }
  | {
      /** `broken`: ours by its link, but not to be read. */
      readonly kind: 'event' | 'transient' | 'epoch' | 'broken';
      readonly offset: Offset;
      /** The offset of the entry before, when this one was written. */
      readonly previous: Offset;
      /** The event; of an epoch entry, what says so. */
      readonly record: EventRecord | undefined;
      readonly epoch: string;
    };

const FOREIGN: ParsedEntry = { kind: 'foreign' };

/** Reads an entry. Fields that this version does not know are passed over. */
export function parseEntry(
  [id, fields]: StreamEntry,
  epoch: string,
): ParsedEntry {
  const offset = offsetOf(id);
  const previous = previousOf(fields);
  if (offset === undefined || previous === undefined) return FOREIGN;
  const entry = decodeEntry(fields);
  // No spreads: this runs for every event on every node.
  if (entry === undefined)
    return { kind: 'broken', offset, previous, record: undefined, epoch };
  const { topic, type, json, publishedAt, messageId, trace } = entry;
  if (topic === EPOCH_TOPIC)
    return { kind: 'epoch', offset, previous, record: undefined, epoch: json };
  if (entry.isTransient) {
    const record = new EventRecord({ topic, type, json, publishedAt, trace });
    return { kind: 'transient', offset, previous, record, epoch };
  }
  const record = new EventRecord({
    topic,
    type,
    json,
    publishedAt,
    messageId,
    trace,
    epoch,
    offset,
  });
  return { kind: 'event', offset, previous, record, epoch };
}

/** The place that an id of this log stands for: those of others have a sequence behind the dash. */
function offsetOf(id: string): Offset | undefined {
  if (!id.endsWith('-0')) return undefined;
  const offset = Number(id.slice(0, -2));
  return Number.isSafeInteger(offset) ? offset : undefined;
}

// The script writes the link first.
function previousOf(fields: FlatFields): Offset | undefined {
  if (fields[0] !== 'p') return undefined;
  const previous = Number(fields[1]);
  return Number.isSafeInteger(previous) ? previous : undefined;
}
