import { Controller } from '@nestjs/common';
import { merge } from 'rxjs';
import {
  EventBusService,
  memoryEventLog,
  pattern,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@Controller()
class CursorController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('short')
  short() {
    return this.bus.stream('short');
  }

  @SseStream('one')
  one() {
    return this.bus.stream('one');
  }

  @SseStream('many')
  many() {
    return this.bus.stream(['many.a', 'many.b', pattern('many.*')]);
  }

  @SseStream('quiet', { heartbeat: { intervalMs: 200 } })
  quiet() {
    return this.bus.stream('quiet');
  }

  @SseStream('live')
  live() {
    return merge(
      this.bus.stream('bound'),
      this.bus.stream('beside', { live: true }),
    );
  }

  @SseStream('second')
  second() {
    return merge(this.bus.stream('bound'), this.bus.stream('other'));
  }
}

/** Another node's view of a shared log, whose tail is behind as long as it is told. */
function laggingLog(shared: EventLog) {
  const held: (() => void)[] = [];
  const state = { isBehind: false, catchUp: () => {} };
  state.catchUp = () => {
    state.isBehind = false;
    for (const tell of held.splice(0)) tell();
  };
  const log: EventLog = {
    name: 'lagging',
    append: (entries) => shared.append(entries),
    read: (query) => shared.read(query),
    check: (cursor, selector) => shared.check(cursor, selector),
    tail: (listener) =>
      shared.tail({
        onReset: (position, reason) => listener.onReset(position, reason),
        onRecords: (records) => {
          if (state.isBehind) held.push(() => listener.onRecords(records));
          else listener.onRecords(records);
        },
      }),
    close: () => shared.close(),
  };
  return Object.assign(state, { log });
}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('a cursor on %s', (platform) => {
  let application: TestApplication;
  let other: TestApplication;
  let bus: EventBusService;
  let lagging: ReturnType<typeof laggingLog>;

  beforeAll(async () => {
    const shared = memoryEventLog({ perPattern: { short: { maxEvents: 3 } } });
    lagging = laggingLog(shared);
    application = await startApplication(
      platform,
      appOf([CursorController], { log: shared }),
    );
    other = await startApplication(
      platform,
      appOf([CursorController], { log: lagging.log }),
    );
    bus = application.app.get(EventBusService);
  });

  afterAll(async () => {
    await application.close();
    await other.close();
  });

  it('R7 has one cursor for many topics, and sends what matches several of them once', async () => {
    const first = await application.open('/many');
    const { id } = await first.untilType('stream-live');
    await bus.publish('many.a', 1);
    await bus.publish('many.c', 2);
    await bus.publish('many.b', 3, { transient: true });
    await bus.publish('many.b', 4);
    await first.untilEvents(4);
    const second = await application.open('/many', { lastEventId: id });
    await second.untilType('stream-live');

    expect(dataOf(first)).toEqual(['1', '2', '3', '4']);
    expect(dataOf(second)).toEqual(['1', '2', '4']);
    first.close();
    second.close();
  });

  it('R6 gives transient events no id', async () => {
    const client = await application.open('/many');
    await client.untilType('stream-live');
    const { id } = await bus.publish('many.a', 1);
    await bus.publish('many.a', 2, { transient: true });
    const events = await client.untilEvents(2);

    expect(events.map((event) => event.id)).toEqual([id, undefined]);
    expect(client.lastId).toBe(id);
    client.close();
  });

  it('R4 keeps the cursor of a quiet topic fresh, and resumes from it', async () => {
    const first = await application.open('/quiet');
    await first.untilType('stream-live');
    const { id } = await bus.publish('busy', 1);
    const cursor = await first.untilType('stream-cursor');
    expect(cursor).toMatchObject({ id, data: '{}' });
    first.close();
    await bus.publish('quiet', 2);
    const second = await application.open('/quiet', { lastEventId: cursor.id });
    await second.untilType('stream-live');

    expect(dataOf(second)).toEqual(['2']);
    expect(second.types).not.toContain('stream-reset');
    second.close();
  });

  it('R2 resumes on another node', async () => {
    const first = await application.open('/one');
    const { id } = await first.untilType('stream-live');
    first.close();
    await bus.publish('one', 'missed');
    const second = await other.open('/one', {
      lastEventId: id,
    });
    await second.untilType('stream-live');
    await bus.publish('one', 'live');
    await second.untilEvents(2);

    expect(dataOf(second)).toEqual(['missed', 'live']);
    second.close();
  });

  it('R3 waits where a cursor is ahead of this node only', async () => {
    lagging.isBehind = true;
    const { id } = await bus.publish('one', 'seen elsewhere');
    await bus.publish('one', 'next');
    const client = await other.open('/one', {
      lastEventId: id,
    });
    await client.untilType('stream-open');
    expect(client.types).toEqual(['stream-open']);
    lagging.catchUp();
    const live = await client.untilType('stream-live');

    expect(dataOf(client)).toEqual(['next']);
    expect(client.types).not.toContain('stream-reset');
    expect(live.id).toBe(id);
    client.close();
  });

  it('R3 begins behind what a client has seen elsewhere, where its cursor is too old and this node is behind', async () => {
    lagging.isBehind = true;
    await bus.publish('short', 'seen before');
    const { id } = await bus.publish('short', 'seen elsewhere');
    for (const data of ['gone', 'kept'])
      for (let times = 0; times < 3; times++) await bus.publish('short', data);
    const client = await other.open('/short', { lastEventId: id });
    await client.untilType('stream-reset');
    lagging.catchUp();
    await client.until(({ events }) => events.at(-1)?.data === 'kept');

    expect(client.blocks[1]!.data).toBe('{"reason":"truncated"}');
    expect(dataOf(client)).not.toContain('seen before');
    expect(dataOf(client)).not.toContain('seen elsewhere');
    client.close();
  });

  it('R7 gives a live stream beside the bound one no ids and no replay', async () => {
    const first = await application.open('/live');
    const { id } = await first.untilType('stream-live');
    await bus.publish('beside', 'not replayed');
    const bound = await bus.publish('bound', 1);
    const second = await application.open('/live', { lastEventId: id });
    await second.untilType('stream-live');
    await bus.publish('beside', 2);
    const events = await second.untilEvents(2);

    expect(events.map((event) => [event.data, event.id])).toEqual([
      ['1', bound.id],
      ['2', undefined],
    ]);
    first.close();
    second.close();
  });

  it('R7 refuses a second bound stream before the headers', async () => {
    const client = await application.open('/second');
    expect(client.status).toBe(500);
  });
});
