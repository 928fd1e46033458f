import { Controller } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseStream,
  type EventLog,
  type StreamEvent,
  type TailListener,
  type TailResetReason,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const snapshots = { release: () => {} };

@Controller()
class ResetController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('plain')
  plain() {
    return this.bus.stream('a');
  }

  @SseStream('snapshot')
  snapshot() {
    return this.bus.stream('a', { snapshot: () => ({ state: 'now' }) });
  }

  @SseStream('slow-snapshot')
  slowSnapshot() {
    let runs = 0;
    return this.bus.stream('a', {
      snapshot: async () => {
        const run = ++runs;
        if (run === 1)
          await new Promise<void>((resolve) => (snapshots.release = resolve));
        return { run };
      },
    });
  }
}

/** A log whose engine can lose everything, and go on under a new epoch whose offsets begin anew. */
class ForgetfulLog implements EventLog {
  readonly name = 'forgetful';
  #log = memoryEventLog();
  #listener: TailListener | undefined;

  append: EventLog['append'] = (entries) => this.#log.append(entries);
  read: EventLog['read'] = (query) => this.#log.read(query);
  check: EventLog['check'] = (cursor, selector) =>
    this.#log.check(cursor, selector);

  async tail(listener: TailListener) {
    this.#listener = listener;
    return this.#log.tail(listener);
  }

  close = () => this.#log.close();

  async forget(
    reason: TailResetReason,
    next: EventLog = memoryEventLog(),
  ): Promise<void> {
    this.#log = next;
    const listener = this.#listener!;
    const { head } = await this.#log.tail(listener);
    listener.onReset(head, reason);
  }
}

describe.each(PLATFORMS)('a log that begins anew, on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let log: ForgetfulLog;

  beforeEach(async () => {
    log = new ForgetfulLog();
    const AppModule = appOf([ResetController], { log });
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterEach(() => application.close());

  it.each(['epoch', 'truncated'] as const)(
    'N4 tells every open stream once (%s), and goes on with what comes then',
    async (reason) => {
      const clients = [
        await application.open('/plain'),
        await application.open('/plain'),
      ];
      for (const client of clients) await client.untilType('stream-live');
      for (const data of [1, 2, 3]) await bus.publish('a', data);
      for (const client of clients) await client.untilEvents(3);
      await log.forget(reason);
      await bus.publish('a', 4);
      for (const client of clients) {
        await client.untilEvents(4);
        expect(client.types).toEqual([
          'stream-open',
          'stream-live',
          'message',
          'message',
          'message',
          'stream-reset',
          'stream-live',
          'message',
        ]);
        expect(client.blocks[5]!.data).toBe(JSON.stringify({ reason }));
        expect(client.blocks[5]!.id).toBeUndefined();
      }
    },
  );

  it('N4 gives cursors of the new epoch, from which a client resumes', async () => {
    const client = await application.open('/plain');
    await client.untilType('stream-live');
    await bus.publish('a', 1);
    await client.untilEvents(1);
    const before = client.lastId!;
    await log.forget('epoch');
    await client.until(({ types }) => types.at(-1) === 'stream-live');
    const after = client.lastId!;
    client.close();
    await bus.publish('a', 2);

    const resumed = await application.open('/plain', { lastEventId: after });
    await resumed.untilEvents(1);
    expect(resumed.events.map(({ data }) => data)).toEqual(['2']);
    const late = await application.open('/plain', { lastEventId: before });
    const reset = await late.untilType('stream-reset');
    expect(reset.data).toBe('{"reason":"epoch"}');
  });

  it('N4 R2 sends nothing twice to a client of a node that knew the new epoch before', async () => {
    const next = memoryEventLog();
    const onRecords = (): void => undefined;
    const { head } = await next.tail({ onRecords, onReset: onRecords });
    const lastEventId = `${head.epoch}.${head.offset + 2}`;
    const client = await application.open('/plain', { lastEventId });
    await client.untilType('stream-live');

    await log.forget('epoch', next);
    for (const data of [1, 2, 3, 4]) await bus.publish('a', data);
    await client.untilEvents(2);
    expect(client.events.map(({ data }) => data)).toEqual(['3', '4']);
    expect(client.blocks.map(({ type }) => type)).toEqual([
      'stream-open',
      'stream-reset',
      'stream-live',
      'stream-reset',
      'stream-live',
      'message',
      'message',
    ]);
  });

  it('R5 sends the snapshot again after the reset', async () => {
    const client = await application.open('/snapshot');
    await client.untilType('stream-live');
    await log.forget('epoch');
    await client.until(
      ({ types }) => types.filter((type) => type === 'stream-live').length > 1,
    );
    expect(client.types).toEqual([
      'stream-open',
      'message',
      'stream-live',
      'stream-reset',
      'message',
      'stream-live',
    ]);
  });

  it('R5 drops a snapshot that was on its way', async () => {
    const client = await application.open('/slow-snapshot');
    await client.untilType('stream-open');
    await log.forget('epoch');
    await client.untilType('stream-live');
    snapshots.release();
    await bus.publish('a', 'next');
    await client.untilEvents(2);
    expect(client.types).toEqual([
      'stream-open',
      'stream-reset',
      'message',
      'stream-live',
      'message',
    ]);
    expect(client.events[0]!.data).toBe('{"run":2}');
  });

  it('S2 tells a stream that was behind', async () => {
    const client = await application.open('/plain');
    await client.untilType('stream-live');
    client.pause();
    const big = 'x'.repeat(100_000);
    for (let index = 0; index < 200; index++) await bus.publish('a', big);
    await log.forget('epoch');
    await bus.publish('a', 'next');
    client.resume();
    await client.until(({ events }) => events.at(-1)?.data === 'next');
    const types = client.types.filter((type) => type.startsWith('stream-'));
    expect(types).toEqual([
      'stream-open',
      'stream-live',
      'stream-reset',
      'stream-live',
    ]);
  });

  it('N4 lets streams of server code go on', async () => {
    const events: StreamEvent[] = [];
    const subscription = bus.stream('a').subscribe((event) => {
      events.push(event);
    });
    for (const data of [1, 2]) await bus.publish('a', data);
    await log.forget('epoch');
    await bus.publish('a', 3);
    await until(() => events.length === 3);
    subscription.unsubscribe();
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3]);
  });
});
