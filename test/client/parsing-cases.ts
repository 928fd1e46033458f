/** What a client has to make of the bytes of a stream. */
export interface ParsingCase {
  readonly title: string;
  readonly wire: string;
  /** Type, data and latest id of each event, in order. */
  readonly events: readonly (readonly [
    type: string,
    data: string,
    lastEventId: string,
  ])[];
}

const long = (): string => 'x'.repeat(5 * 1024 * 1024);

/**
 * The rules of the HTML standard for an event stream, case by case; those of LaunchDarkly's contract tests are among
 * them.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export const PARSING_CASES: readonly ParsingCase[] = [
  {
    title: 'one line',
    wire: 'data: Hello\n\n',
    events: [['message', 'Hello', '']],
  },
  {
    title: 'several events',
    wire: 'data: one\n\ndata: two\n\ndata: three\n\n',
    events: [
      ['message', 'one', ''],
      ['message', 'two', ''],
      ['message', 'three', ''],
    ],
  },
  {
    title: 'lines of data joined by LF',
    wire: 'data: a\ndata:b\ndata: c\n\n',
    events: [['message', 'a\nb\nc', '']],
  },
  {
    title: 'empty lines of data at the beginning, in the middle and at the end',
    wire: 'data:\ndata: b\ndata\ndata: c\ndata\n\n',
    events: [['message', '\nb\n\nc\n', '']],
  },
  {
    title: 'empty data, which is an event all the same',
    wire: 'data:\n\ndata\n\n',
    events: [
      ['message', '', ''],
      ['message', '', ''],
    ],
  },
  {
    title: 'two lines of empty data',
    wire: 'data\ndata\n\n',
    events: [['message', '\n', '']],
  },
  {
    title: 'an unfinished event at the end of the stream, which is none',
    wire: 'data: done\n\ndata: unfinished\n',
    events: [['message', 'done', '']],
  },
  {
    title: 'more empty lines between events, and before the first',
    wire: '\n\ndata: a\n\n\n\ndata: b\n\n',
    events: [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  },
  {
    title: 'a type',
    wire: 'event: greeting\ndata: Hello\n\n',
    events: [['greeting', 'Hello', '']],
  },
  {
    title: 'an empty type, which is the default one',
    wire: 'event: x\nevent:\ndata: a\n\nevent\ndata: b\n\n',
    events: [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  },
  {
    title: 'the last one of several types',
    wire: 'event: one\nevent: two\ndata: a\n\n',
    events: [['two', 'a', '']],
  },
  {
    title: 'a type without data, which is forgotten',
    wire: 'event: lost\n\ndata: a\n\n',
    events: [['message', 'a', '']],
  },
  {
    title: 'a type that is a property of every object',
    wire: 'event: constructor\ndata: a\n\nevent: __proto__\ndata: b\n\n',
    events: [
      ['constructor', 'a', ''],
      ['__proto__', 'b', ''],
    ],
  },
  {
    title: 'fields in any order',
    wire: 'data: Hello\nid: abc\nevent: greeting\n\n',
    events: [['greeting', 'Hello', 'abc']],
  },
  {
    title: 'fields without a space after the colon',
    wire: 'event:greeting\ndata:Hello\nid:1\n\n',
    events: [['greeting', 'Hello', '1']],
  },
  {
    title: 'one space taken off, and no more',
    wire: 'event:  greeting\ndata:  Hello\nid:  1\n\n',
    events: [[' greeting', ' Hello', ' 1']],
  },
  {
    title: 'a tab and trailing spaces, which stay',
    wire: 'data:\ta  \n\n',
    events: [['message', '\ta  ', '']],
  },
  {
    title: 'colons in data',
    wire: 'data:a:b: c\ndata::\n\n',
    events: [['message', 'a:b: c\n:', '']],
  },
  {
    title: 'unknown fields, and names that are not quite ones',
    wire: 'color: blue\n data: x\nDATA: x\ndata : x\ndatas: x\ndat\ndata: a\n\n',
    events: [['message', 'a', '']],
  },
  {
    title: 'comments, wherever they stand',
    wire: ':one\n: two\ndata: a\n:three\ndata: b\n\n:\n::\n\ndata: c\n\n',
    events: [
      ['message', 'a\nb', ''],
      ['message', 'c', ''],
    ],
  },
  {
    title: 'an id',
    wire: 'id: abc\ndata: a\n\n',
    events: [['message', 'a', 'abc']],
  },
  {
    title: 'an id that stays for events without one',
    wire: 'id: 1\ndata: a\n\ndata: b\n\n: comment\n\ndata: c\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', '1'],
      ['message', 'c', '1'],
    ],
  },
  {
    title: 'an empty id, which takes the last one away',
    wire: 'id: 1\ndata: a\n\nid:\ndata: b\n\nid: 2\ndata: c\n\nid\ndata: d\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', ''],
      ['message', 'c', '2'],
      ['message', 'd', ''],
    ],
  },
  {
    title: 'an id with NUL, which is ignored',
    wire: 'id: 1\ndata: a\n\nid: a\0b\ndata: b\n\nid: \0\ndata: c\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', '1'],
      ['message', 'c', '1'],
    ],
  },
  {
    title: 'the last one of several ids',
    wire: 'id: 1\nid: 2\ndata: a\n\n',
    events: [['message', 'a', '2']],
  },
  {
    title: 'an id without data, which counts for what follows',
    wire: 'id: 1\n\ndata: a\n\nid: 2\nevent: x\n\nid: 3\n: c\n\ndata: b\n\n',
    events: [
      ['message', 'a', '1'],
      ['message', 'b', '3'],
    ],
  },
  {
    title: 'an id of an unfinished block, which does not count',
    wire: 'id: 1\ndata: a\n\nid: 2\ndata: unfinished',
    events: [['message', 'a', '1']],
  },
  {
    title: 'ids that look like numbers and words',
    wire: 'id: 0\ndata: a\n\nid: false\ndata: b\n\nid: null\ndata: c\n\n',
    events: [
      ['message', 'a', '0'],
      ['message', 'b', 'false'],
      ['message', 'c', 'null'],
    ],
  },
  {
    title: 'characters of several bytes',
    wire: 'event: é\nid: ü\ndata: €豆腐\u{1f600}\n\n',
    events: [['é', '€豆腐\u{1f600}', 'ü']],
  },
  {
    title: 'other line separators of Unicode, which end no line',
    wire: 'data: a\u2028b\u2029c\u0085d\u000be\n\ndata: \u2028\n\n',
    events: [
      ['message', 'a\u2028b\u2029c\u0085d\u000be', ''],
      ['message', '\u2028', ''],
    ],
  },
  {
    title: 'a byte order mark at the beginning, which is taken off',
    wire: '\ufeffdata: a\n\n',
    events: [['message', 'a', '']],
  },
  {
    title: 'a byte order mark before a comment',
    wire: '\ufeff: comment\nevent: x\nid: 1\ndata: a\n\n',
    events: [['x', 'a', '1']],
  },
  {
    title: 'a second byte order mark, which belongs to the name of the field',
    wire: '\ufeff\ufeffdata: a\n\ndata: b\n\n',
    events: [['message', 'b', '']],
  },
  {
    title: 'byte order marks further on, which are data',
    wire: '\ufeffdata: \ufeffa\n\ndata: \ufeffb\n\n\ufeffdata: c\n\n',
    events: [
      ['message', '\ufeffa', ''],
      ['message', '\ufeffb', ''],
    ],
  },
  {
    title:
      'the bytes of a byte order mark as characters of their own, which are none',
    wire: '\u00ef\u00bb\u00bfdata: a\n\ndata: b\n\n',
    events: [['message', 'b', '']],
  },
  {
    title: 'values of `retry` that are none, with events around',
    wire: 'retry: 1.5\nretry: -1\nretry: 1e3\nretry: 0x10\nretry: ten\nretry:\nretry\ndata: a\n\nretry: 5 \ndata: b\n\n',
    events: [
      ['message', 'a', ''],
      ['message', 'b', ''],
    ],
  },
];

/** Too large to be split at every byte, or to be shown: made when they are needed. */
export const LARGE_CASES: readonly {
  readonly title: string;
  readonly make: () => Pick<ParsingCase, 'wire' | 'events'>;
}[] = [
  {
    title: 'five megabytes in one line',
    make: () => ({
      wire: `data: ${long()}\n\n`,
      events: [['message', long(), '']],
    }),
  },
  {
    title: 'ten megabytes in two lines',
    make: () => ({
      wire: `data: ${long()}\ndata: ${long()}\n\n`,
      events: [['message', `${long()}\n${long()}`, '']],
    }),
  },
  {
    title: 'ten thousand events',
    make: () => ({
      wire: numbers()
        .map((n) => `data: ${n}\n\n`)
        .join(''),
      events: numbers().map((n) => ['message', `${n}`, '']),
    }),
  },
];

function numbers(): number[] {
  return Array.from({ length: 10_000 }, (_, index) => index);
}

/** The three ways to end a line. */
export const LINE_ENDS = { LF: '\n', CR: '\r', CRLF: '\r\n' } as const;
