import { Controller } from '@nestjs/common';
import { Observable, of } from 'rxjs';
import {
  EventBusService,
  memoryEventLog,
  SseStream,
  type Snapshot,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

let snapshot: () => Snapshot | Promise<Snapshot>;

@Controller()
class StateController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('state')
  watch() {
    return this.bus.stream('state', { snapshot: () => snapshot() });
  }
}

const AppModule = appOf([StateController], {
  log: memoryEventLog({ perPattern: { state: { maxEvents: 5 } } }),
});

describe.each(PLATFORMS)('a snapshot on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it.each<[string, () => Snapshot | Promise<Snapshot>, string[]]>([
    ['a value', () => ({ total: 1 }), ['{"total":1}']],
    ['a promise', async () => 'text', ['text']],
    ['an array, as one value', () => [1, 2], ['[1,2]']],
    ['an Observable', () => of(1, 2), ['1', '2']],
    [
      'a generator',
      function* () {
        yield 1;
        yield 2;
      },
      ['1', '2'],
    ],
    [
      'an async generator',
      async function* () {
        yield 1;
        yield { type: 'typed', data: 2 };
      },
      ['1', '2'],
    ],
  ])(
    'R5 sends %s before stream-live, without ids',
    async (_what, give, expected) => {
      snapshot = give;
      const client = await application.open('/state');
      await client.untilType('stream-live');

      expect(client.events.map(({ data }) => data)).toEqual(expected);
      expect(client.events.map(({ id }) => id)).toEqual(
        expected.map(() => undefined),
      );
      expect(client.types.at(-1)).toBe('stream-live');
      client.close();
    },
  );

  it('R5 loses nothing that is published while the snapshot runs', async () => {
    let finish!: () => void;
    let isRunning = false;
    snapshot = () => {
      isRunning = true;
      return new Promise((resolve) => (finish = () => resolve('state')));
    };
    const client = await application.open('/state');
    await until(() => isRunning);
    await bus.publish('state', 1);
    finish();
    await client.untilEvents(2);
    await bus.publish('state', 2);
    await client.untilEvents(3);

    expect(client.types).toEqual([
      'stream-open',
      'message',
      'stream-live',
      'message',
      'message',
    ]);
    expect(client.events.map(({ data }) => data)).toEqual(['state', '1', '2']);
    client.close();
  });

  it('R5 follows a snapshot that says up to where it goes from exactly there', async () => {
    const ids: string[] = [];
    for (const data of [1, 2, 3])
      ids.push((await bus.publish('state', data)).id);
    snapshot = () => ({ data: 'up to 2', after: ids[1]! });
    const client = await application.open('/state');
    await client.untilEvents(2);

    expect(client.events.map(({ data }) => data)).toEqual(['up to 2', '3']);
    expect((await client.untilType('stream-live')).id).toBe(ids[1]);
    client.close();
  });

  const publish = async (from: number, to: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let number = from; number <= to; number++)
      ids.push((await bus.publish('state', number)).id);
    return ids;
  };

  it('R5 asks again for a snapshot that goes up to a place which the log has left', async () => {
    const ids = await publish(1, 10);
    let calls = 0;
    snapshot = () =>
      calls++ === 0
        ? { data: 'too old', after: ids[0]! }
        : { data: 'newer', after: ids[8]! };
    const client = await application.open('/state');
    await client.untilEvents(2);
    expect(client.events.map(({ data }) => data)).toEqual(['newer', '10']);
    expect(client.types).not.toContain('stream-reset');
    client.close();
  });

  it.each([
    ['truncated', (id: string) => id],
    ['epoch', () => 'another-epoch.7'],
    ['ahead', (id: string) => id.replace(/\d+$/, '999999')],
  ])(
    'R5 tells of the gap behind a snapshot that stays so: %s',
    async (reason, afterOf) => {
      const [oldest] = await publish(1, 10);
      let calls = 0;
      snapshot = () => {
        calls++;
        return { data: 'old', after: afterOf(oldest!) };
      };
      const client = await application.open('/state');
      await client.untilType('stream-live');
      await bus.publish('state', 'next');
      await client.untilEvents(2);
      expect(client.types).toEqual([
        'stream-open',
        'message',
        'stream-reset',
        'stream-live',
        'message',
      ]);
      expect(client.blocks[2]!.data).toBe(JSON.stringify({ reason }));
      expect(calls).toBe(3);
      client.close();
    },
  );

  it.each([
    'yesterday',
    '2026-11-25',
    'report.pdf',
    '1.5',
    '2026.11',
    '',
    5,
    null,
    { nested: true },
  ])(
    'R5 takes no stored object for a cursor: { data, after: %j } is data',
    async (after) => {
      snapshot = () => ({ data: 'row', after });
      const client = await application.open('/state');
      await client.untilType('stream-live');
      expect(client.events.map(({ data }) => data)).toEqual([
        JSON.stringify({ data: 'row', after }),
      ]);
      expect(client.types).not.toContain('stream-reset');
      client.close();
    },
  );

  it('R5 sends the data alone of a snapshot that knows of no event yet', async () => {
    await bus.publish('state', 'before');
    snapshot = () => ({ data: [], after: undefined });
    const client = await application.open('/state');
    await client.untilType('stream-live');
    await bus.publish('state', 'next');
    await client.untilEvents(2);

    expect(client.events.map(({ data }) => data)).toEqual(['[]', 'next']);
    client.close();
  });

  it('R5 sends it after a reset, and not to a client that resumes', async () => {
    snapshot = () => 'state';
    const { id } = await bus.publish('state', 1);
    await bus.publish('state', 2);
    const good = await application.open('/state', { lastEventId: id });
    await good.untilType('stream-live');
    const reset = await application.open('/state', { lastEventId: 'garbage' });
    await reset.untilType('stream-live');

    expect(good.events.map(({ data }) => data)).toEqual(['2']);
    expect(reset.types).toEqual([
      'stream-open',
      'stream-reset',
      'message',
      'stream-live',
    ]);
    good.close();
    reset.close();
  });

  it('R5 tells of a snapshot that fails, without internals', async () => {
    snapshot = () => {
      throw new Error('secret');
    };
    const client = await application.open('/state');
    const error = await client.untilType('stream-error');
    await client.untilClosed();

    expect(JSON.parse(error.data!)).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(client.raw).not.toContain('secret');
  });

  it('C2 lets go of an Observable snapshot when its client leaves', async () => {
    let isSubscribed = false;
    snapshot = () =>
      new Observable(() => {
        isSubscribed = true;
        return () => {
          isSubscribed = false;
        };
      });
    const client = await application.open('/state');
    await until(() => isSubscribed);
    client.close();
    await until(() => !isSubscribed);
  });

  it('C2 returns a generator that waits for a slow client when that leaves', async () => {
    let isOpen = false;
    let count = 0;
    snapshot = async function* () {
      isOpen = true;
      try {
        for (;;) {
          count++;
          yield 'x'.repeat(100_000);
        }
      } finally {
        isOpen = false;
      }
    };
    const client = await application.open('/state');
    client.pause();
    let seen = -1;
    // Stopped: the same count over two looks, because the client takes no more.
    await until(() => {
      const isStopped = isOpen && seen === count;
      seen = count;
      return isStopped;
    });
    client.close();
    await until(() => !isOpen);
  });
});
