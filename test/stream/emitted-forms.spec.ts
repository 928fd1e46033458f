import { jest } from '@jest/globals';
import { Controller, Logger, Param, UseInterceptors } from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { SseEvent, SseStream, type SseMessage } from 'nestjs-event-stream';
import { from } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@SseEvent('order.shipped')
class OrderShipped {
  readonly orderId = '42';
  @Exclude() readonly cost = 7;
}

class Progress implements SseMessage {
  constructor(
    readonly data: string,
    readonly type: string,
  ) {}
}

/** A message whose fields are not its own properties. */
class Tick implements SseMessage {
  readonly #count = 3;

  get data(): number {
    return this.#count;
  }

  get type(): string {
    return 'tick';
  }
}

class Other {
  readonly data = 1;
  readonly note = 'not a field of a message';
}

const FORMS: readonly (readonly [string, unknown, string])[] = [
  [
    'a message',
    { type: 'tick', id: '7', data: { n: 1 } },
    'id: 7\nevent: tick\ndata: {"n":1}',
  ],
  [
    'an event class',
    new OrderShipped(),
    'event: order.shipped\ndata: {"orderId":"42"}',
  ],
  [
    'a message with an event class',
    { id: '7', data: new OrderShipped() },
    'id: 7\nevent: order.shipped\ndata: {"orderId":"42"}',
  ],
  ['text', 'hello', 'data: hello'],
  ['empty text', '', 'data: '],
  ['0', 0, 'data: 0'],
  ['false', false, 'data: false'],
  ['null', null, 'data: null'],
  ['an array', [1, { data: 2 }], 'data: [1,{"data":2}]'],
  ['an empty object', {}, 'data: {}'],
  ['data with other keys', { data: 1, other: 2 }, 'data: {"data":1,"other":2}'],
  [
    'data with some keys of a message',
    { type: 'a', id: 'b' },
    'data: {"type":"a","id":"b"}',
  ],
  [
    'an instance with the fields of a message',
    new Progress('half', 'progress'),
    'event: progress\ndata: half',
  ],
  ['an instance with getters of a message', new Tick(), 'event: tick\ndata: 3'],
  [
    'an instance with other fields too',
    new Other(),
    'data: {"data":1,"note":"not a field of a message"}',
  ],
  [
    "another stream's event",
    new MessageEvent('relayed', { data: 'over' }),
    'event: relayed\ndata: over',
  ],
  ['an id that is a number', { id: 0, data: 1 }, 'id: 0\ndata: 1'],
  ['an id that is a bigint', { id: 9n, data: 1 }, 'id: 9\ndata: 1'],
  [
    'fields that are null',
    { id: null, type: null, retry: null, comment: null, data: 1 },
    'data: 1',
  ],
  ['a message with null', { data: null }, 'data: null'],
  ['a comment', { comment: 'c' }, ': c'],
  ['a retry', { retry: 5 }, 'retry: 5'],
  ['a comment with an id', { comment: 'c', id: '7' }, ': c\nid: 7'],
];

/** What no client could make sense of, and what the error says of it. */
const REFUSED: readonly (readonly [string, unknown, string, RegExp])[] = [
  ['an error', new Error('x'), 'UNSERIALIZABLE_DATA', /error\.message/],
  [
    'a nested error',
    { e: new TypeError('x') },
    'UNSERIALIZABLE_DATA',
    /TypeError/,
  ],
  [
    'headers',
    new Headers({ a: 'b' }),
    'UNSERIALIZABLE_DATA',
    /Headers.*fromEntries/,
  ],
  [
    'a query',
    new URLSearchParams('a=b'),
    'UNSERIALIZABLE_DATA',
    /URLSearchParams/,
  ],
  ['a Buffer', Buffer.from('a'), 'UNSERIALIZABLE_DATA', /bytes/],
  ['a regular expression', { r: /a/ }, 'UNSERIALIZABLE_DATA', /RegExp/],
  ['an id that is an object', { id: {}, data: 1 }, 'INVALID_MESSAGE', /id/],
  ['an id that is no number', { id: NaN, data: 1 }, 'INVALID_MESSAGE', /id/],
  [
    'the type error',
    { type: 'error', data: 1 },
    'INVALID_MESSAGE',
    /native EventSource/,
  ],
  [
    'the type open',
    { type: 'open', data: 1 },
    'INVALID_MESSAGE',
    /native EventSource/,
  ],
];

@Controller()
class FormsController {
  @SseStream('refused/:index')
  refused(@Param('index') index: string) {
    return from(['before', REFUSED[Number(index)]![1]]);
  }

  @SseStream('direct/:index')
  direct(@Param('index') index: string) {
    return from([FORMS[Number(index)]![1], 'after']);
  }

  @SseStream('piped/:index')
  @UseInterceptors(PassThroughInterceptor)
  *piped(@Param('index') index: string) {
    yield FORMS[Number(index)]![1];
    yield 'after';
  }

  @SseStream('nothing/direct')
  *undefinedValue() {
    yield 'before';
    yield undefined;
    yield 'never';
  }
}

const AppModule = appOf([FormsController]);

describe.each(PLATFORMS)('what a handler emits on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
  });

  afterAll(() => application.close());

  it.each(FORMS.map(([name, , block], index) => [name, index, block] as const))(
    'W1 arrives: %s',
    async (_name, index, block) => {
      for (const path of ['direct', 'piped']) {
        const client = await application.open(`/${path}/${index}`);
        await client.untilType('stream-end');
        const [, first, after] = client.blocks;
        expect(first!.raw).toBe(block);
        expect(after!.raw).toBe('data: after');
      }
    },
  );

  it.each(
    REFUSED.map(
      ([name, , code, text], index) => [name, index, code, text] as const,
    ),
  )(
    'W1 is refused with a final error: %s',
    async (_name, index, code, text) => {
      const errors = jest
        .spyOn(Logger.prototype, 'error')
        .mockImplementation(() => undefined);
      try {
        const client = await application.open(`/refused/${index}`);
        const { data } = await client.untilType('stream-error');
        expect(JSON.parse(data!)).toMatchObject({ code, retryable: false });
        expect(errors.mock.calls.flat().map(String).join()).toMatch(text);
        expect(client.events.map((event) => event.data)).toEqual(['before']);
      } finally {
        errors.mockRestore();
      }
    },
  );

  it('W1 does not vanish if it is undefined: the stream fails', async () => {
    const client = await application.open('/nothing/direct');
    const { data } = await client.untilType('stream-error');
    expect(JSON.parse(data!)).toMatchObject({ code: 'UNSERIALIZABLE_DATA' });
    await client.untilClosed();
    expect(client.events.map((event) => event.data)).toEqual(['before']);
  });
});
