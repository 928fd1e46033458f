import { jest } from '@jest/globals';
import { pattern } from '../../event/topic.js';
import { memoryEventLog } from '../../log/memory/memory-event-log.js';
import { EventBusService } from '../event-bus.service.js';

class Line {
  quantity!: unknown;
}

/** A bus, and everything that any topic of it was sent. */
async function openBus() {
  const log = memoryEventLog();
  const policy = { authorise: () => ({}), mayRead: () => true };
  const bus = await EventBusService.open({ log, maxEventBytes: 100, policy });
  const seen: unknown[] = [];
  bus.stream(pattern('>')).subscribe(({ data }) => seen.push(data));
  return { bus, seen, log };
}

describe('what a bus is given', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const class_ = Object.assign(new Line(), { quantity: 1n });

  it.each<[string, string, unknown, object, string]>([
    ['a wildcard', 'orders.*', 1, {}, 'INVALID_TOPIC'],
    ['the rest wildcard', 'orders.>', 1, {}, 'INVALID_TOPIC'],
    ['an empty topic', '', 1, {}, 'INVALID_TOPIC'],
    ['an empty token', 'a..b', 1, {}, 'INVALID_TOPIC'],
    ['a space', 'a b', 1, {}, 'INVALID_TOPIC'],
    ['a line break after the topic', 'a\n', 1, {}, 'INVALID_TOPIC'],
    ['a reserved topic', '$end.a', 1, {}, 'INVALID_TOPIC'],
    ['a topic too long', 'a.'.repeat(127) + 'ab', 1, {}, 'INVALID_TOPIC'],
    ['no topic', undefined as never, 1, {}, 'INVALID_TOPIC'],
    ['LF in the type', 'a', { type: 'a\nb', data: 1 }, {}, 'INVALID_MESSAGE'],
    ['CR in the type', 'a', { type: 'a\rb', data: 1 }, {}, 'INVALID_MESSAGE'],
    ['NUL in the type', 'a', { type: '\0', data: 1 }, {}, 'INVALID_MESSAGE'],
    [
      'a type that is no string',
      'a',
      { type: 1, data: 1 },
      {},
      'INVALID_MESSAGE',
    ],
    [
      'a reserved type',
      'a',
      { type: 'stream-end', data: 1 },
      {},
      'INVALID_MESSAGE',
    ],
    ['a lone surrogate', 'a', '\ud800', {}, 'INVALID_MESSAGE'],
    ['an id', 'a', { id: '1', data: 1 }, {}, 'INVALID_EVENT'],
    ['a retry', 'a', { retry: 1, data: 1 }, {}, 'INVALID_EVENT'],
    ['a comment', 'a', { comment: 'x' }, {}, 'INVALID_EVENT'],
    ['a cycle', 'a', cycle, {}, 'UNSERIALIZABLE_DATA'],
    ['a BigInt', 'a', { n: 1n }, {}, 'UNSERIALIZABLE_DATA'],
    ['a BigInt in a class', 'a', class_, {}, 'UNSERIALIZABLE_DATA'],
    ['a function', 'a', () => 1, {}, 'UNSERIALIZABLE_DATA'],
    ['undefined', 'a', undefined, {}, 'UNSERIALIZABLE_DATA'],
    ['a Map', 'a', new Map([[1, 2]]), {}, 'UNSERIALIZABLE_DATA'],
    ['an unknown option', 'a', 1, { transiant: true }, 'INVALID_OPTIONS'],
    ['a truthy transient', 'a', 1, { transient: 'yes' }, 'INVALID_OPTIONS'],
    ['options that are no object', 'a', 1, [], 'INVALID_OPTIONS'],
    ['an empty messageId', 'a', 1, { messageId: '' }, 'INVALID_OPTIONS'],
    ['a messageId with LF', 'a', 1, { messageId: 'a\n' }, 'INVALID_OPTIONS'],
    [
      'a transient messageId',
      'a',
      1,
      { messageId: 'a', transient: true },
      'INVALID_OPTIONS',
    ],
  ])(
    'B2 refuses %s, appends nothing and sends nothing',
    async (_what, topic, event, options, code) => {
      const { bus, seen, log } = await openBus();
      const append = jest.spyOn(log, 'append');
      await expect(bus.publish(topic, event, options)).rejects.toMatchObject({
        name: 'SseException',
        code,
      });
      expect(append).not.toHaveBeenCalled();
      await bus.publish('a', 'marker');
      expect(seen).toEqual(['marker']);
    },
  );

  it.each([
    ['no array', { topic: 'a', event: 1 }],
    ['a hole', [{ topic: 'a', event: 1 }, undefined]],
    ['an unknown option', [{ topic: 'a', event: 1, transiant: true }]],
  ])('B2 refuses to publish many: %s', async (_what, publications) => {
    const { bus, seen } = await openBus();
    await expect(bus.publishMany(publications as never)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
    await bus.publish('a', 'marker');
    expect(seen).toEqual(['marker']);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'live'],
    ['an unknown one', { snapshots: () => 1 }],
    ['a connection that is none', { connection: {} }],
    ['a connection that is null', { connection: null }],
    ['a connection that is text', { connection: 'id' }],
  ])(
    'A3 opens no stream with options that are wrong: %s',
    async (_what, options) => {
      const { bus } = await openBus();
      expect(() => bus.stream('a', options as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS' }),
      );
    },
  );

  it.each([
    ['a wildcard', 'orders.*', 'INVALID_TOPIC'],
    ['an empty list', [], 'INVALID_TOPIC'],
    ['a wildcard in a list', ['a', 'orders.>'], 'INVALID_TOPIC'],
    ['an object that looks like a pattern', { text: '>' }, 'INVALID_TOPIC'],
  ])('A3 opens no stream for %s', async (_what, target, code) => {
    const { bus } = await openBus();
    expect(() => bus.stream(target as never)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
