import 'reflect-metadata';
import { ValidateBy } from 'class-validator';
import { SseEvent } from '../../event/event-class.js';
import { pattern } from '../../event/topic.js';
import { memoryEventLog } from '../../log/memory/memory-event-log.js';
import { EventBusService } from '../event-bus.service.js';

/** Validators that wait until a test lets them go on. */
const waiting: (() => void)[] = [];

const AsksSomebody = () =>
  ValidateBy({
    name: 'asksSomebody',
    validator: {
      validate: () =>
        new Promise<boolean>((resolve) => waiting.push(() => resolve(true))),
      defaultMessage: () => 'somebody says no',
    } as never,
  });

@SseEvent('checked')
class Checked {
  @AsksSomebody() text!: string;
}

const checked = (text: string) => Object.assign(new Checked(), { text });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function openBus(validationTimeoutMs?: number) {
  const bus = await EventBusService.open({
    log: memoryEventLog(),
    maxEventBytes: 1_000_000,
    validationTimeoutMs,
    policy: { authorise: () => ({}), mayRead: () => true },
  });
  const seen: unknown[] = [];
  bus
    .stream(pattern('>'))
    .subscribe(({ topic, data }) => seen.push([topic, data]));
  return { bus, seen };
}

describe('the order of publishes', () => {
  afterEach(() => {
    waiting.length = 0;
  });

  it('B8 a validator that never answers holds up no other topic, no end and no command', async () => {
    const { bus, seen } = await openBus();
    void bus.publish('hangs', checked('never')).catch(() => undefined);
    const command = bus.command('revalidate', '{}');
    const others = [
      bus.publish('a', 1),
      bus.publishMany([
        { topic: 'a', event: 2 },
        { topic: 'b', event: 3 },
      ]),
      bus.end('b'),
      bus.publish('c', 4, { transient: true }),
    ];
    await command;
    await Promise.all(others);
    await bus.publish('b', 5);

    expect(seen).toEqual([
      ['a', 1],
      ['a', 2],
      ['b', 3],
      ['c', 4],
      ['b', 5],
    ]);
  });

  it('B1 keeps the call order of a topic behind a validator that takes its time', async () => {
    const { bus, seen } = await openBus();
    const all = [
      bus.publish('a', checked('first')),
      bus.publish('b', 1),
      bus.publishMany([
        { topic: 'b', event: 2 },
        { topic: 'a', event: 3 },
      ]),
      bus.publish('b', 4),
      bus.publish('c', 5),
    ];
    await all[4];
    expect(seen).toEqual([
      ['b', 1],
      ['c', 5],
    ]);
    for (const release of waiting) release();
    await Promise.all(all);

    expect(seen.slice(2)).toEqual([
      ['a', { text: 'first' }],
      ['b', 2],
      ['a', 3],
      ['b', 4],
    ]);
  });

  it('B1 keeps the call order of all topics where the validators answer within the turn', async () => {
    const { bus, seen } = await openBus();
    const all = [
      bus.publish('a', checked('first')),
      bus.publish('b', 1),
      bus.publish('c', checked('second')),
      bus.publish('d', 2),
    ];
    for (const release of waiting) release();
    await Promise.all(all);

    expect(seen).toEqual([
      ['a', { text: 'first' }],
      ['b', 1],
      ['c', { text: 'second' }],
      ['d', 2],
    ]);
  });

  it('B8 gives a validator up after its time, and publishes what waited for it', async () => {
    const { bus, seen } = await openBus(20);
    const hanging = bus.publish('a', checked('never'));
    const later = bus.publish('a', 'later');

    await expect(hanging).rejects.toMatchObject({
      code: 'VALIDATION_TIMEOUT',
      message: expect.stringContaining('validationTimeoutMs'),
    });
    await later;
    for (const release of waiting) release();
    await turn();
    expect(seen).toEqual([['a', 'later']]);
  });
});
