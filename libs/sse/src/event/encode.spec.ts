import { encodeMessage } from './encode.js';
import { messageOfData } from './message-form.js';
import { SseEvent } from './event-class.js';
import type { SseMessage } from './message.js';
import { endFrame, errorFrame, liveFrame, openFrame } from './control-event.js';

@SseEvent('order.shipped')
class OrderShipped {
  constructor(readonly orderId: string) {}
}

@SseEvent('order.delayed')
class OrderDelayed extends OrderShipped {}

describe('encodeMessage', () => {
  it.each<[string, SseMessage, string]>([
    ['text', { data: 'hello' }, 'data: hello\n\n'],
    ['empty text', { data: '' }, 'data: \n\n'],
    ['text that begins with a space', { data: ' x' }, 'data:  x\n\n'],
    ['LF', { data: 'a\nb' }, 'data: a\ndata: b\n\n'],
    ['CR', { data: 'a\rb' }, 'data: a\ndata: b\n\n'],
    ['CRLF', { data: 'a\r\nb' }, 'data: a\ndata: b\n\n'],
    ['a final line break', { data: 'a\n' }, 'data: a\ndata: \n\n'],
    ['LF before CR', { data: 'a\n\rb' }, 'data: a\ndata: \ndata: b\n\n'],
    [
      'text that looks like fields',
      { data: 'id: 9\n\nevent: x' },
      'data: id: 9\ndata: \ndata: event: x\n\n',
    ],
    ['an object', { data: { a: 'x\ny' } }, 'data: {"a":"x\\ny"}\n\n'],
    ['a number', { data: 0 }, 'data: 0\n\n'],
    ['a boolean', { data: false }, 'data: false\n\n'],
    ['null', { data: null }, 'data: null\n\n'],
    [
      'all fields',
      { comment: 'c', retry: 0, id: '7', type: 'tick', data: 'd' },
      ': c\nretry: 0\nid: 7\nevent: tick\ndata: d\n\n',
    ],
    ['the default type', { type: 'message', data: 'd' }, 'data: d\n\n'],
    ['an id of "0"', { id: '0', data: 'd' }, 'id: 0\ndata: d\n\n'],
    ['a comment', { comment: 'still here' }, ': still here\n\n'],
    ['a comment of lines', { comment: 'a\r\ndata: b' }, ': a\n: data: b\n\n'],
    ['a retry', { retry: 5000 }, 'retry: 5000\n\n'],
    [
      'a comment with undefined data',
      { comment: 'c', data: undefined! },
      ': c\n\n',
    ],
    [
      'an event class',
      { data: new OrderShipped('42') },
      'event: order.shipped\ndata: {"orderId":"42"}\n\n',
    ],
    [
      'a subclass of an event class',
      { data: new OrderDelayed('42') },
      'event: order.delayed\ndata: {"orderId":"42"}\n\n',
    ],
    [
      "an event class under the message's own type",
      { type: 'other', data: new OrderShipped('42') },
      'event: other\ndata: {"orderId":"42"}\n\n',
    ],
  ])('W1 writes %s', (_what, message, block) => {
    expect(encodeMessage(message)).toBe(block);
  });

  it('W1 gives an id only to a message that has none, and withholds on request', () => {
    expect(encodeMessage({ data: 'd' }, '5')).toBe('id: 5\ndata: d\n\n');
    expect(encodeMessage({ data: 'd', id: 'own' }, '5')).toBe(
      'id: own\ndata: d\n\n',
    );
    expect(encodeMessage({ data: 'd', id: 'own' }, null)).toBe('data: d\n\n');
  });

  it.each<[string, unknown, string, RegExp]>([
    [
      'LF in a type',
      { type: 'a\nb', data: 1 },
      'INVALID_MESSAGE',
      /type .* CR, LF or NUL/,
    ],
    [
      'CR in a type',
      { type: 'a\rdata: x', data: 1 },
      'INVALID_MESSAGE',
      /type/,
    ],
    ['NUL in a type', { type: 'a\0', data: 1 }, 'INVALID_MESSAGE', /type/],
    [
      'LF in an id',
      { id: '1\ndata: x', data: 1 },
      'INVALID_MESSAGE',
      /id .* CR, LF or NUL/,
    ],
    ['NUL in an id', { id: '\0', data: 1 }, 'INVALID_MESSAGE', /id/],
    [
      'a number as id',
      { id: 5, data: 1 },
      'INVALID_MESSAGE',
      /id of an event must be a string, not number/,
    ],
    [
      'a lone surrogate in data',
      { data: 'a\ud800' },
      'INVALID_MESSAGE',
      /data .* lone surrogate.*toWellFormed/,
    ],
    [
      'a lone surrogate in an id',
      { id: '\udc00', data: 1 },
      'INVALID_MESSAGE',
      /id/,
    ],
    [
      'a lone surrogate in a comment',
      { comment: '\udc00' },
      'INVALID_MESSAGE',
      /comment/,
    ],
    [
      'a fraction as retry',
      { retry: 1.5 },
      'INVALID_MESSAGE',
      /retry .* whole number.* not 1.5/,
    ],
    ['a negative retry', { retry: -1 }, 'INVALID_MESSAGE', /retry/],
    ['an endless retry', { retry: Infinity }, 'INVALID_MESSAGE', /retry/],
    [
      'the type of a control event',
      { type: 'stream-end', data: 1 },
      'INVALID_MESSAGE',
      /control event/,
    ],
    [
      'a type without data',
      { type: 'x', comment: 'c' },
      'INVALID_MESSAGE',
      /no data.*data: null/,
    ],
    ['undefined', { data: undefined }, 'UNSERIALIZABLE_DATA', /undefined/],
    ['a function', { data: () => 1 }, 'UNSERIALIZABLE_DATA', /function/],
    ['a symbol', { data: Symbol('s') }, 'UNSERIALIZABLE_DATA', /symbol/],
  ])('W1 refuses %s', (_what, message, code, text) => {
    expect(() => encodeMessage(message as SseMessage)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringMatching(text) as string,
      }) as Error,
    );
  });

  it('W1 gives an emitted event class its type, and leaves other data without one', () => {
    expect(messageOfData(new OrderShipped('1'))).toEqual({
      type: 'order.shipped',
      data: { orderId: '1' },
    });
    expect(messageOfData({ a: 1 })).toEqual({ data: { a: 1 } });
    expect(messageOfData(undefined)).toEqual({ data: undefined });
  });
});

describe('@SseEvent()', () => {
  it.each(['', 'a\nb', 'stream-open'])('W1 refuses the type %j', (type) => {
    expect(() => SseEvent(type)).toThrow(
      expect.objectContaining({ code: 'INVALID_MESSAGE' }) as Error,
    );
  });
});

describe('control events', () => {
  it('W1 always have data, because parsers drop a block that has only an id', () => {
    const text = (frame: { bytes: Buffer }) => frame.bytes.toString();
    expect(text(openFrame(15_000, 2_000))).toBe(
      'retry: 2000\nevent: stream-open\ndata: {"heartbeatMs":15000}\n\n',
    );
    expect(text(openFrame(false, undefined))).toBe(
      'event: stream-open\ndata: {"heartbeatMs":false}\n\n',
    );
    expect(text(liveFrame(3, 'e.1'))).toBe(
      'id: e.1\nevent: stream-live\ndata: {"replayed":3}\n\n',
    );
    expect(text(endFrame('end-x'))).toBe(
      'id: end-x\nevent: stream-end\ndata: {}\n\n',
    );
    expect(
      text(errorFrame({ code: 'X', message: 'a\nb', retryable: true })),
    ).toBe(
      'event: stream-error\ndata: {"code":"X","message":"a\\nb","retryable":true}\n\n',
    );
  });
});
