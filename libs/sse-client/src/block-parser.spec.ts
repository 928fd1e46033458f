import { jest } from '@jest/globals';
import {
  LARGE_CASES,
  LINE_ENDS,
  PARSING_CASES,
} from '../../../test/client/parsing-cases.js';
import type { createBlockParser as CreateBlockParser } from './block-parser.js';

const encoder = new TextEncoder();

describe.each(['eventsource-parser', 'eventsource-parser-4'])(
  'the block parser with %s',
  (parser) => {
    let createBlockParser: typeof CreateBlockParser;

    beforeAll(async () => {
      jest.resetModules();
      if (parser !== 'eventsource-parser') {
        const other = (await import(parser)) as object;
        jest.unstable_mockModule('eventsource-parser', () => other);
      }
      ({ createBlockParser } = await import('./block-parser.js'));
    });

    afterAll(() => {
      jest.resetModules();
    });

    /** Type, data and latest id of what comes of these chunks. */
    function parse(chunks: readonly Uint8Array[]): string[][] {
      const events: string[][] = [];
      let lastEventId = '';
      const feed = createBlockParser(2 ** 24, {
        onBlock: (type, text, id) => {
          lastEventId = id ?? lastEventId;
          if (text !== undefined) events.push([type, text, lastEventId]);
        },
        onRetry: () => undefined,
        onComment: () => undefined,
      });
      for (const chunk of chunks) feed(chunk);
      return events;
    }

    describe.each(Object.entries(LINE_ENDS))('with %s', (_name, lineEnd) => {
      it.each(PARSING_CASES)(
        'understands $title, split at every byte',
        ({ wire, events }) => {
          const bytes = encoder.encode(wire.replaceAll('\n', lineEnd));
          for (let place = 0; place <= bytes.length; place++) {
            const halves = [bytes.subarray(0, place), bytes.subarray(place)];
            expect([place, parse(halves)]).toEqual([place, events]);
          }
          const each = Array.from(bytes, (byte) => Uint8Array.of(byte));
          expect(parse(each)).toEqual(events);
        },
      );

      it.each(LARGE_CASES)('understands $title', ({ make }) => {
        const { wire, events } = make();
        const bytes = encoder.encode(wire.replaceAll('\n', lineEnd));
        const half = bytes.length >> 1;
        for (const chunks of [
          [bytes],
          [bytes.subarray(0, half), bytes.subarray(half)],
        ]) {
          // Compared as a whole: a difference of megabytes helps nobody.
          const isEqual =
            JSON.stringify(parse(chunks)) === JSON.stringify(events);
          expect(isEqual).toBe(true);
        }
      });
    });

    it('dispatches an event whose last line ends with CR without waiting for more', () => {
      expect(parse([encoder.encode('data: a\r\r')])).toEqual([
        ['message', 'a', ''],
      ]);
    });

    it('reports `retry` only where it is made of digits', () => {
      const retries: number[] = [];
      const feed = createBlockParser(1000, {
        onBlock: () => undefined,
        onRetry: (milliseconds) => retries.push(milliseconds),
        onComment: () => undefined,
      });
      feed(
        encoder.encode(
          'retry: 0\nretry: 1.5\nretry: -1\nretry: 007\nretry:3000\nretry: 1s\nretry\n',
        ),
      );
      expect(retries).toEqual([0, 7, 3000]);
    });

    it('reports comments', () => {
      let count = 0;
      const feed = createBlockParser(1000, {
        onBlock: () => undefined,
        onRetry: () => undefined,
        onComment: () => count++,
      });
      feed(encoder.encode(':\n: b\n'));
      expect(count).toBe(2);
    });

    it.each<[string, string]>([
      ['data', 'data: '],
      ['a comment', ': '],
      ['an id', 'id: '],
      ['an unknown field', 'color: '],
      ['no field at all', ''],
    ])('refuses an endless line of %s', (_what, start) => {
      const feed = createBlockParser(100_000, {
        onBlock: () => undefined,
        onRetry: () => undefined,
        onComment: () => undefined,
      });
      const chunk = encoder.encode('x'.repeat(1000));
      let fed = 0;
      feed(encoder.encode(start));
      expect(() => {
        for (; fed < 1000; fed++) feed(chunk);
      }).toThrow(expect.objectContaining({ code: 'EVENT_TOO_LARGE' }) as Error);
      expect(fed).toBeLessThanOrEqual(100);
    });

    it('refuses an event of endless lines', () => {
      const feed = createBlockParser(100_000, {
        onBlock: () => undefined,
        onRetry: () => undefined,
        onComment: () => undefined,
      });
      const chunk = encoder.encode(`data: ${'x'.repeat(1000)}\n`);
      expect(() => {
        for (let fed = 0; fed < 1000; fed++) feed(chunk);
      }).toThrow(expect.objectContaining({ code: 'EVENT_TOO_LARGE' }) as Error);
    });
  },
);
