import fc from 'fast-check';
import type { LogEntry } from '../event-log.js';
import {
  decodeMessage,
  encodeMessage,
  ENTRIES_PER_MESSAGE,
  offsetOfSequence,
  offsetsOf,
  sequenceOfOffset,
} from './message-codec.js';

function entryOf(json: string, more: Partial<LogEntry> = {}): LogEntry {
  const publishedAt = 1_790_000_000_000;
  return { topic: 'a.b', type: 'message', json, publishedAt, ...more };
}

describe('a message of the stream', () => {
  it('B6 holds entries with any JSON text, in their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.json(), { minLength: 1, maxLength: 5 }),
        fc.nat(1_000),
        (texts, before) => {
          const entries = texts.map((text) => entryOf(text));
          const sequence = before + 1;
          const records = decodeMessage(encodeMessage(entries), sequence, 'e')!;
          expect(records.map(({ json }) => json)).toEqual(texts);
          expect(records.map(({ offset }) => offset)).toEqual(
            offsetsOf(sequence, texts.length),
          );
        },
      ),
    );
  });

  it('B6 keeps what JSON text with line ends stands for', () => {
    const body = encodeMessage([entryOf('{\r\n  "a": [1,\n\n 2]\n}')]);
    const [record] = decodeMessage(body, 1, 'e')!;
    expect(JSON.parse(record!.json)).toEqual({ a: [1, 2] });
  });

  it('B1 gives offsets that grow from message to message, however many entries they hold', () => {
    const [full, one] = [offsetsOf(7, ENTRIES_PER_MESSAGE), offsetsOf(8, 1)];
    expect(full[0]).toBeGreaterThan(offsetOfSequence(6));
    expect(full.at(-1)).toBe(offsetOfSequence(7));
    expect(one[0]).toBeGreaterThan(full.at(-1)!);
    for (const offset of full) expect(sequenceOfOffset(offset)).toBe(7);
    expect(sequenceOfOffset(0)).toBe(0);
  });

  it('N6 reads fields of newer versions over, and says of what is not ours that it is none', () => {
    const body = encodeMessage([entryOf('1')]);
    const newer = Buffer.concat([body, Buffer.from('\nq\nof tomorrow')]);
    expect(decodeMessage(newer, 1, 'e')).toHaveLength(1);
    for (const text of ['', '{"user":7}', '\n\n', `${body.toString()}\n\n`])
      expect(decodeMessage(Buffer.from(text), 1, 'e')).toBeUndefined();
  });
});
