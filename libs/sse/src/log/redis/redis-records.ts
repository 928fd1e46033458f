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
  const [milliseconds, sequence] = id.split('-');
  const offset = Number(milliseconds);
  if (sequence !== '0' || !Number.isSafeInteger(offset)) return FOREIGN;
  const previous = previousOf(fields);
  if (previous === undefined) return FOREIGN;
  const entry = decodeEntry(fields);
  const place = { offset, previous, epoch };
  if (entry === undefined)
    return { ...place, kind: 'broken', record: undefined };
  if (entry.topic === EPOCH_TOPIC)
    return { ...place, kind: 'epoch', record: undefined, epoch: entry.json };
  const { topic, type, json, publishedAt, messageId } = entry;
  const content = { topic, type, json, publishedAt, messageId };
  if (entry.isTransient)
    return { ...place, kind: 'transient', record: new EventRecord(content) };
  const record = new EventRecord({ ...content, epoch, offset });
  return { ...place, kind: 'event', record };
}

// The script writes the link first.
function previousOf(fields: FlatFields): Offset | undefined {
  if (fields[0] !== 'p') return undefined;
  const previous = Number(fields[1]);
  return Number.isSafeInteger(previous) ? previous : undefined;
}
