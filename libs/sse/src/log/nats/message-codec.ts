import { EventRecord, type Offset } from '../../event/event-record.js';
import type { LogEntry } from '../event-log.js';
import { decodeEntry, encodeEntry } from '../record-codec.js';

/**
 * Entries that one message of the stream can hold, and the step between the offsets of two messages: the last
 * entry of message n stands at n * 1024, and the one before it one place earlier.
 */
export const ENTRIES_PER_MESSAGE = 1_024;

/** The place of a message's last entry, and of everything up to it. */
export function offsetOfSequence(sequence: number): Offset {
  return sequence * ENTRIES_PER_MESSAGE;
}

/** The message that has an offset's entry. */
export function sequenceOfOffset(offset: Offset): number {
  return Math.ceil(offset / ENTRIES_PER_MESSAGE);
}

/** The places of a message's entries. */
export function offsetsOf(sequence: number, entries: number): Offset[] {
  const last = offsetOfSequence(sequence);
  return Array.from(
    { length: entries },
    (_, index) => last - (entries - 1 - index),
  );
}

/**
 * A message's body: each name and each value of an entry on a line of its own, and an empty line between two
 * entries. People can read it with `nats stream get`.
 */
export function encodeMessage(entries: readonly LogEntry[]): Uint8Array {
  const blocks = entries.map((entry) =>
    // Between the tokens of JSON text a line end means nothing, and within them there is none.
    encodeEntry(entry)
      .map((field) => field.replaceAll(/[\r\n]/g, ' '))
      .join('\n'),
  );
  return Buffer.from(blocks.join('\n\n'));
}

/** The records of a message, transient ones included; undefined if it is none of ours, or broken. */
export function decodeMessage(
  body: Uint8Array,
  sequence: number,
  epoch: string,
): EventRecord[] | undefined {
  const text = Buffer.from(
    body.buffer,
    body.byteOffset,
    body.byteLength,
  ).toString();
  const blocks = text.split('\n\n');
  if (blocks.length > ENTRIES_PER_MESSAGE) return undefined;
  const offsets = offsetsOf(sequence, blocks.length);
  const records: EventRecord[] = [];
  for (const [index, block] of blocks.entries()) {
    const entry = decodeEntry(block.split('\n'));
    if (entry === undefined) return undefined;
    const { isTransient, ...fields } = entry;
    const place = isTransient ? {} : { epoch, offset: offsets[index]! };
    records.push(new EventRecord({ ...fields, ...place }));
  }
  return records;
}
