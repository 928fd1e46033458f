import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { encodeMessage } from './encode.js';
import { messageOfData } from './message-form.js';
import { SseEvent } from './event-class.js';
import { SseException } from '../base/exception.js';
import type { SseMessage } from './message.js';

// Every code unit, lone surrogates included, with what can break a line over-represented.
const codeUnit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '\0',
    ':',
    ' ',
    '\u2028',
    '\ufeff',
    '\x85',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const text = fc
  .array(codeUnit, { maxLength: 12 })
  .map((units) => units.join(''));
const optionalText = fc.option(text, { nil: undefined });

const RUNS = { numRuns: 3_000 };

interface Parsed {
  readonly events: EventSourceMessage[];
  readonly comments: string[];
  readonly retries: number[];
  readonly errors: unknown[];
}

/** Parses what follows another block, since a stream never begins with a message. */
function parse(block: string): Parsed {
  const parsed: Parsed = { events: [], comments: [], retries: [], errors: [] };
  const parser = createParser({
    onEvent: (event) => parsed.events.push(event),
    onComment: (comment) => parsed.comments.push(comment),
    onRetry: (retry) => parsed.retries.push(retry),
    onError: (error) => parsed.errors.push(error),
  });
  parser.feed('event: stream-open\ndata: {}\n\n');
  parsed.events.length = 0;
  parser.feed(Buffer.from(block).toString());
  parser.feed('data: marker\n\n');
  expect(parsed.events.pop()).toMatchObject({
    data: 'marker',
    event: undefined,
  });
  return parsed;
}

/** The block, or undefined if it was refused with a code. */
function encodeOrRefuse(message: unknown): string | undefined {
  return unlessRefused(() => encodeMessage(message as SseMessage));
}

function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (
      error instanceof SseException &&
      ['INVALID_MESSAGE', 'UNSERIALIZABLE_DATA'].includes(error.code)
    )
      return undefined;
    throw error;
  }
}

const isWellFormed = (value: string) => !/\p{Surrogate}/u.test(value);
const isLine = (value: string) =>
  // oxlint-disable-next-line no-control-regex
  isWellFormed(value) && !/[\r\n\0]/.test(value);
const normalised = (value: string) => value.replace(/\r\n|\r/g, '\n');

describe('any message', () => {
  it('W1 with text data arrives unchanged but for its line breaks, or is refused with a code', () => {
    const messages = fc.record({
      data: text,
      type: optionalText,
      id: optionalText,
    });
    fc.assert(
      fc.property(messages, ({ data, type, id }) => {
        const block = encodeOrRefuse({ data, type, id });
        const isFit =
          isWellFormed(data) && isLine(type ?? '') && isLine(id ?? '');
        expect(block !== undefined).toBe(isFit);
        if (block === undefined) return;
        const { events, errors } = parse(block);
        expect(errors).toEqual([]);
        expect(events).toEqual([
          {
            data: normalised(data),
            event: type === '' || type === 'message' ? undefined : type,
            id,
          },
        ]);
      }),
      RUNS,
    );
  });

  it('W1 with JSON data arrives equal, or is refused with a code', () => {
    const value = fc.anything({
      key: text,
      values: [text, fc.double(), fc.boolean(), fc.constant(null), fc.bigInt()],
      maxDepth: 3,
    });
    fc.assert(
      fc.property(value, (data) => {
        fc.pre(typeof data !== 'string');
        const block = encodeOrRefuse({ data });
        const json = jsonOf(data);
        expect(block !== undefined).toBe(json !== undefined);
        if (block === undefined) return;
        const [event] = parse(block).events;
        expect(JSON.parse(event!.data)).toEqual(JSON.parse(json!));
      }),
      RUNS,
    );
  });

  it('W1 of an event class arrives as its type and fields, or is refused with a code', () => {
    fc.assert(
      fc.property(text, text, (type, note) => {
        const EventClass = unlessRefused(() => {
          @SseEvent(type)
          class Noted {
            constructor(readonly note: string) {}
          }
          return Noted;
        });
        expect(EventClass !== undefined).toBe(isLine(type) && type !== '');
        if (EventClass === undefined) return;
        const [event] = parse(
          encodeMessage(messageOfData(new EventClass(note))),
        ).events;
        expect(event!.event).toBe(type === 'message' ? undefined : type);
        expect(JSON.parse(event!.data)).toEqual({ note });
      }),
      RUNS,
    );
  });

  it('W1 with a comment and a retry never becomes an event, and both arrive', () => {
    const retries = fc.option(
      fc.oneof(fc.nat(), fc.double(), fc.constantFrom('5', null, -1)),
      { nil: undefined },
    );
    fc.assert(
      fc.property(text, retries, (comment, retry) => {
        const block = encodeOrRefuse({ comment, retry });
        const isFit =
          isWellFormed(comment) &&
          (retry === undefined ||
            (Number.isSafeInteger(retry) && Number(retry) >= 0));
        expect(block !== undefined).toBe(isFit);
        if (block === undefined) return;
        const parsed = parse(block);
        expect(parsed.events).toEqual([]);
        expect(parsed.errors).toEqual([]);
        expect(parsed.comments).toEqual(normalised(comment).split('\n'));
        expect(parsed.retries).toEqual(
          retry === undefined ? [] : [Number(retry) + 0],
        );
      }),
      RUNS,
    );
  });
});

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
