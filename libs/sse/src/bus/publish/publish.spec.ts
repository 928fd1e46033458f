import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsInt,
  IsString,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { SseEvent } from '../../event/event-class.js';
import type { EventLog } from '../../log/event-log.js';
import { memoryEventLog } from '../../log/memory/memory-event-log.js';
import { pattern } from '../../event/topic.js';
import { EventBusService } from '../event-bus.service.js';

/** Validators that wait until a test lets them go on. */
const waiting: (() => void)[] = [];

// Not marked as asynchronous, as users forget.
const IsFreeLater = () =>
  ValidateBy({
    name: 'isFreeLater',
    validator: {
      validate: (value: unknown) =>
        new Promise<boolean>((resolve) =>
          waiting.push(() => resolve(value !== 'taken')),
        ),
      defaultMessage: () => 'name is taken',
    } as never,
  });

@SseEvent('user.named')
class UserNamed {
  @IsFreeLater() name!: string;
}

class Line {
  @IsInt() @Min(1) quantity!: number;
}

@SseEvent('order.placed')
class OrderPlaced {
  @IsString() orderId!: string;
  @ValidateNested({ each: true }) @Type(() => Line) lines!: Line[];
}

const named = (name: string) => Object.assign(new UserNamed(), { name });
const line = (quantity: number) => Object.assign(new Line(), { quantity });
const policy = { authorise: () => ({}), mayRead: () => true };

/** A bus, and everything that any topic of it was sent. */
async function openBus(log: EventLog = memoryEventLog(), maxEventBytes = 100) {
  const bus = await EventBusService.open({ log, maxEventBytes, policy });
  const seen: unknown[] = [];
  bus.stream(pattern('>')).subscribe(({ data }) => seen.push(data));
  return { bus, seen, log };
}

describe('publish', () => {
  afterEach(() => {
    waiting.length = 0;
  });

  it('B1 keeps call order behind a validator that takes its time', async () => {
    const { bus, seen } = await openBus();
    const all = [
      bus.publish('a', 1),
      bus.publish('a', named('slow')),
      bus.publish('b', 2),
      bus.publishMany([
        { topic: 'c', event: 3 },
        { topic: 'a', event: named('slower') },
        { topic: 'c', event: 4 },
      ]),
      bus.end('z'),
      bus.publish('a', 5, { transient: true }),
    ];
    await all[0];
    expect(seen).toEqual([1]);
    for (const release of waiting.toReversed()) release();
    await Promise.all(all);
    await bus.publish('a', 6);

    expect(seen).toEqual([
      1,
      { name: 'slow' },
      2,
      3,
      { name: 'slower' },
      4,
      5,
      6,
    ]);
  });

  it('B1 goes on behind a validator that refuses', async () => {
    const { bus, seen } = await openBus();
    const refused = bus.publish('a', named('taken'));
    const later = bus.publish('a', 1);
    for (const release of waiting) release();

    await expect(refused).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    await later;
    expect(seen).toEqual([1]);
  });

  it('B1 does not wait for the log to answer before it hands it the next event', async () => {
    const log = memoryEventLog();
    const { bus } = await openBus(log);
    const handed: unknown[] = [];
    const append = log.append.bind(log);
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    log.append = async (entries) => {
      handed.push(...entries.map(({ json }) => json));
      await answered;
      return append(entries);
    };
    const first = bus.publish('a', named('x'));
    const second = bus.publish('a', 2);
    for (const release of waiting) release();
    await new Promise(setImmediate);
    expect(handed).toEqual(['{"name":"x"}', '2']);
    answer();
    await Promise.all([first, second]);
  });

  it('B2 delivers nothing that the log refused', async () => {
    const log = memoryEventLog();
    const { bus, seen } = await openBus(log);
    const append = log.append.bind(log);
    log.append = () =>
      Promise.reject(Object.assign(new Error(), { code: 'PUBLISH_REJECTED' }));
    await expect(bus.publish('a', 'refused')).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED',
    });
    log.append = append;
    await bus.publish('a', 'marker');

    expect(seen).toEqual(['marker']);
  });

  it('B2 refuses once the log is closed', async () => {
    const { bus } = await openBus();
    await bus.close();
    await expect(bus.publish('a', 1)).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED',
    });
  });

  it('B2 gives the first id again for a message id that comes again', async () => {
    const { bus, seen } = await openBus();
    const first = await bus.publish('a', 1, { messageId: 'm' });
    const again = await bus.publish('a', 1, { messageId: 'm' });
    await bus.publish('a', 2);

    expect(again).toEqual(first);
    expect(seen).toEqual([1, 2]);
  });

  it('B5 counts bytes, not characters', async () => {
    const { bus, seen } = await openBus();
    await bus.publish('a', 'é'.repeat(49));
    await expect(bus.publish('a', 'é'.repeat(50))).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
    });
    await bus.publish('a', 'e'.repeat(98));
    await expect(bus.publish('a', 'e'.repeat(99))).rejects.toMatchObject({
      code: 'EVENT_TOO_LARGE',
    });

    expect(seen).toEqual(['é'.repeat(49), 'e'.repeat(98)]);
  });

  it('B6 validates nested objects, and says where each problem is', async () => {
    const { bus, seen } = await openBus();
    const event = Object.assign(new OrderPlaced(), {
      orderId: 7,
      lines: [line(1), line(0)],
    });
    await expect(bus.publish('a', event)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      details: [
        { path: 'orderId', message: 'orderId must be a string' },
        {
          path: 'lines.1.quantity',
          message: 'quantity must not be less than 1',
        },
      ],
    });
    await expect(bus.publish('a', { data: event })).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    });
    await bus.publish('a', 'marker');
    expect(seen).toEqual(['marker']);
  });

  it('B6 refuses a message and one that is invalid later in the same call, without a stray rejection', async () => {
    const { bus, seen } = await openBus();
    const publishing = bus.publishMany([
      { topic: 'a', event: named('taken') },
      { topic: 'not a topic', event: 1 },
    ]);
    for (const release of waiting) release();
    await expect(publishing).rejects.toMatchObject({ code: 'INVALID_TOPIC' });
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
  });

  it('B6 publishes what it was called with, whatever changes meanwhile', async () => {
    const { bus, seen } = await openBus();
    const event = named('before');
    const publishing = bus.publish('a', event);
    event.name = 'after';
    for (const release of waiting) release();
    await publishing;
    await bus.publish('a', 'marker');

    expect(seen).toEqual([{ name: 'before' }, 'marker']);
  });

  it('B1 publishes all of publishMany or nothing', async () => {
    const { bus, seen } = await openBus();
    const events = [1, 2, 'x'.repeat(200)];
    await expect(
      bus.publishMany(events.map((event) => ({ topic: 'a', event }))),
    ).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    const results = await bus.publishMany([
      { topic: 'a', event: 3 },
      { topic: 'b', event: 4, transient: true },
    ]);

    expect(seen).toEqual([3, 4]);
    expect(results).toEqual([{ id: expect.any(String) }, { id: undefined }]);
  });

  it('B1 publishes very many at once', async () => {
    const { bus, seen } = await openBus();
    const count = 200_000;
    const publications = Array.from({ length: count }, (_, event) => ({
      topic: 'a',
      event,
    }));
    const results = await bus.publishMany(publications);
    await bus.publish('a', 'marker');
    expect([results.length, seen.length]).toEqual([count, count + 1]);
    expect(seen.at(-2)).toBe(count - 1);
  });
});
