import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { map, repeat, retry, take } from 'rxjs';
import type { StreamEvent } from '../../event/event-record.js';
import { EventRecord } from '../../event/event-record.js';
import { pattern } from '../../event/topic.js';
import { memoryEventLog } from '../../log/memory/memory-event-log.js';
import { EventBusService } from '../event-bus.service.js';
import { Tail } from './tail.js';
import { TopicIndex, type TopicSubscriber } from './topic-index.js';

const openBus = () =>
  EventBusService.open({
    log: memoryEventLog(),
    maxEventBytes: 1000,
    policy: { authorise: () => ({}), mayRead: () => true },
  });

describe('fan-out', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('B1 shows everybody log order, also of what a subscriber publishes in between', async () => {
    const bus = await openBus();
    const first: unknown[] = [];
    const second: unknown[] = [];
    const reactions: Promise<unknown>[] = [];
    bus.stream('a').subscribe(({ data }) => {
      first.push(data);
      if (typeof data === 'number')
        reactions.push(bus.publish('a', `after ${data}`));
    });
    bus.stream(pattern('*')).subscribe(({ data }) => second.push(data));
    await Promise.all([bus.publish('a', 1), bus.publish('a', 2)]);
    await Promise.all(reactions);
    await bus.publish('a', 'marker');

    expect(first).toEqual([1, 2, 'after 1', 'after 2', 'marker']);
    expect(second).toEqual(first);
  });

  it('B3 looks at nobody but the subscribers of the topic, among 100,000 topics and 10,000 patterns', async () => {
    const log = memoryEventLog();
    const tail = new Tail(log);
    await tail.start();
    let visits = 0;
    let delivered = 0;
    const subscriberOf = (
      topics: string[],
      patterns: string[],
    ): TopicSubscriber => ({
      // Reading its selector would be a visit too.
      get selector() {
        visits++;
        return { topics, patterns: patterns.map((text) => pattern(text)) };
      },
      deliver: () => void delivered++,
      deliverEnd: () => undefined,
    });
    for (let index = 0; index < 100_000; index++)
      tail.subscribe(subscriberOf([`topic.${index}`], []));
    for (let index = 0; index < 10_000; index++)
      tail.subscribe(subscriberOf([], [`group.${index}.>`]));
    tail.subscribe(subscriberOf(['topic.7'], []));
    tail.subscribe(subscriberOf([], ['topic.*']));
    visits = 0;
    tail.onRecords([
      new EventRecord({
        topic: 'topic.7',
        type: 'message',
        json: '1',
        publishedAt: 0,
        epoch: 'e',
        offset: 1,
      }),
    ]);

    expect({ delivered, visits }).toEqual({ delivered: 3, visits: 0 });
  });

  it('B3 walks as many nodes of the patterns as a topic has tokens, at most doubled by each *', () => {
    const index = new TopicIndex();
    const add = (text: string): void =>
      index.add({
        selector: { topics: [], patterns: [pattern(text)] },
        deliver: () => undefined,
        deliverEnd: () => undefined,
      });
    for (let count = 0; count < 10_000; count++) add(`group.${count}.>`);
    add('*.5.x');
    const get = jest.spyOn(Map.prototype, 'get');
    const groups = index.matching('group.5.x');
    const lookUps = get.mock.calls.length;
    get.mockRestore();

    expect(groups).toHaveLength(2);
    expect(lookUps).toBeLessThanOrEqual(2 * (2 ** 3 - 1));
  });

  it('B3 forgets topics and patterns that nobody is subscribed to', () => {
    const index = new TopicIndex();
    const subscriber: TopicSubscriber = {
      selector: { topics: ['a.b'], patterns: [pattern('a.*'), pattern('a.>')] },
      deliver: () => undefined,
      deliverEnd: () => undefined,
    };
    index.add(subscriber);
    index.delete(subscriber);

    expect(index.literal('a.b')).toBeUndefined();
    expect(index.matching('a.b')).toEqual([]);
  });

  it.each<[string, (bus: EventBusService) => void]>([
    [
      'subscriber',
      (bus) => {
        bus.stream('a').subscribe(() => {
          throw new Error('bad');
        });
      },
    ],
    [
      'subscriber behind operators',
      (bus) => {
        bus
          .stream('a')
          .pipe(
            map((event) => event),
            map((event) => event),
          )
          .subscribe(() => {
            throw new Error('bad');
          });
      },
    ],
    [
      'filter',
      (bus) => {
        const filter = () => {
          throw new Error('bad');
        };
        bus.stream('a', { filter }).subscribe({ error: () => undefined });
      },
    ],
    [
      'map, and no error handler',
      (bus) => {
        const map_ = () => {
          throw new Error('bad');
        };
        bus.stream('a', { map: map_ }).subscribe();
      },
    ],
    [
      'completion',
      (bus) => {
        bus.stream('end').subscribe({
          complete: () => {
            throw new Error('bad');
          },
        });
      },
    ],
  ])(
    'B4 does not let a %s that throws hurt the others',
    async (_who, misbehave) => {
      const bus = await openBus();
      const uncaught = jest.fn();
      process.on('uncaughtException', uncaught);
      const before: unknown[] = [];
      const after: unknown[] = [];
      bus.stream('a').subscribe(({ data }) => before.push(data));
      misbehave(bus);
      bus.stream('a').subscribe(({ data }) => after.push(data));
      await bus.publish('a', 1);
      await bus.end('end');
      await bus.publish('a', 2);
      // RxJS reports what is thrown from a timer of its own.
      await new Promise((resolve) => setTimeout(resolve, 0));
      process.off('uncaughtException', uncaught);

      expect(before).toEqual([1, 2]);
      expect(after).toEqual([1, 2]);
      expect(uncaught).not.toHaveBeenCalled();
    },
  );

  it('B6 gives all subscribers the same frozen JSON form', async () => {
    const bus = await openBus();
    interface Shown {
      price: object;
      list: { x: number }[];
    }
    class Money {
      constructor(readonly amount: number) {}
      format() {
        return `${this.amount} EUR`;
      }
    }
    const events: StreamEvent<Shown>[] = [];
    for (const target of ['a', pattern('>')]) {
      bus
        .stream(target)
        .subscribe((event) => events.push(event as StreamEvent<Shown>));
    }
    const original = { at: new Date(0), price: new Money(5), list: [{ x: 1 }] };
    const { id } = await bus.publish('a', original);
    await bus.publish('b', 'marker');

    const [one, other] = events;
    expect(other).toBe(one);
    expect(one!.data).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      price: { amount: 5 },
      list: [{ x: 1 }],
    });
    expect(one!.data.price).not.toBeInstanceOf(Money);
    expect(() => (one!.data.list[0]!.x = 2)).toThrow(TypeError);
    expect(() => Object.assign(one!, { type: 'x' })).toThrow(TypeError);
    expect({ ...one, data: 1 }).toEqual({ type: 'message', id, data: 1 });
    expect(one!.topic).toBe('a');
    expect(Object.isFrozen(original.list)).toBe(false);
  });

  it('B4 lets a subscriber take a transient event and subscribe again at once, without end', async () => {
    const bus = await openBus();
    const seen: unknown[] = [];
    bus
      .stream('a')
      .pipe(take(1), repeat())
      .subscribe(({ data }) => seen.push(data));
    await bus.publish('a', 1, { transient: true });
    await bus.publish('a', 2);
    await bus.publish('a', 3, { transient: true });
    await bus.publish('b', 'later');

    expect(seen).toEqual([1, 2, 3]);
  });

  it('B4 goes on after an error with retry(), past the event that failed', async () => {
    const bus = await openBus();
    const seen: unknown[] = [];
    bus
      .stream('a', {
        map: ({ data }) => {
          if (data === 2) throw new Error('bad');
          return data;
        },
      })
      .pipe(retry())
      .subscribe((data) => seen.push(data));
    for (const data of [1, 2, 3]) await bus.publish('a', data);
    await bus.publish('b', 'later');

    expect(seen).toEqual([1, 3]);
  });

  it('W5 ends streams with the last of their topics, and those of patterns never', async () => {
    const bus = await openBus();
    const ended: string[] = [];
    bus.stream('a').subscribe({ complete: () => ended.push('a') });
    bus.stream(['a', 'b']).subscribe({ complete: () => ended.push('a and b') });
    bus
      .stream(['a', pattern('a')])
      .subscribe({ complete: () => ended.push('pattern') });
    await bus.end('a');
    await bus.publish('c', 'marker');
    expect(ended).toEqual(['a']);
    await bus.end('b');
    await bus.publish('c', 'marker');

    expect(ended).toEqual(['a', 'a and b']);
  });
});
