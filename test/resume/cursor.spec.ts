import { Controller, Module, Query } from '@nestjs/common';
import {
  bufferCount,
  concatMap,
  delay,
  filter,
  map,
  merge,
  mergeMap,
  of,
  type Observable,
} from 'rxjs';
import {
  EventBusService,
  memoryEventLog,
  pattern,
  SseModule,
  SseStream,
  type EventLog,
  type StreamEvent,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

const OPERATORS: Record<
  string,
  (events: Observable<StreamEvent>) => Observable<unknown>
> = {
  none: (events) => events,
  map: map(({ data }) => ({ data: { mapped: data } })),
  mapToData: map(({ data }) => data),
  filter: filter(({ data }) => (data as number) % 2 === 0),
  several: mergeMap(({ data }) =>
    of({ data: `${data}a` }, { data: `${data}b` }),
  ),
  buffer: bufferCount(2),
  delay: delay(1),
  spread: concatMap((event) =>
    of({ ...event, data: event.data }).pipe(delay(1)),
  ),
};

@Controller()
class CursorController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('operators')
  operators(@Query('name') name: string) {
    return OPERATORS[name]!(this.bus.stream(`operators.${name}`));
  }

  @SseStream('options')
  options() {
    return this.bus.stream('options', {
      filter: ({ data }) => (data as number) % 2 === 0,
      map: ({ data }) => ({ type: 'even', data: (data as number) * 10 }),
    });
  }

  @SseStream('untouched')
  untouched() {
    let last: StreamEvent | undefined;
    return this.bus.stream('untouched', {
      map: (event) => {
        const before = last;
        last = event;
        return event.data === 'again' ? before : event;
      },
    });
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

function moduleWith(log: EventLog) {
  @Module({
    imports: [SseModule.forRoot({ log })],
    controllers: [CursorController],
  })
  class AppModule {}
  return AppModule;
}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('a cursor on %s', (platform) => {
  let application: TestApplication;
  let other: TestApplication;
  let bus: EventBusService;
  let lagging: ReturnType<typeof laggingLog>;

  beforeAll(async () => {
    const shared = memoryEventLog();
    lagging = laggingLog(shared);
    application = await startApplication(platform, moduleWith(shared));
    other = await startApplication(platform, moduleWith(lagging.log));
    bus = application.app.get(EventBusService);
  });

  afterAll(async () => {
    await application.close();
    await other.close();
  });

  it.each([
    ['none', ['1', '2', '3', '4', '5', '6']],
    ['map', [1, 2, 3, 4, 5, 6].map((n) => `{"mapped":${n}}`)],
    ['mapToData', ['1', '2', '3', '4', '5', '6']],
    ['filter', ['2', '4', '6']],
    ['several', [1, 2, 3, 4, 5, 6].flatMap((n) => [`${n}a`, `${n}b`])],
    ['delay', ['1', '2', '3', '4', '5', '6']],
    ['spread', ['1', '2', '3', '4', '5', '6']],
  ])(
    'R2 loses nothing and doubles nothing behind the operators of %s',
    async (name, all) => {
      const topic = `operators.${name}`;
      const first = await application.open(`/operators?name=${name}`);
      await first.untilType('stream-live');
      for (const data of [1, 2]) await bus.publish(topic, data);
      await first.untilEvents(all.length / 3);
      first.close();
      for (const data of [3, 4]) await bus.publish(topic, data);
      const second = await application.open(`/operators?name=${name}`, {
        lastEventId: first.lastId,
      });
      await second.untilType('stream-live');
      for (const data of [5, 6]) await bus.publish(topic, data);
      await second.untilEvents((all.length / 3) * 2);

      expect([...dataOf(first), ...dataOf(second)]).toEqual(all);
      second.close();
    },
  );

  it('R2 sends again what a buffering operator held when its client was cut', async () => {
    const first = await application.open('/operators?name=buffer');
    await first.untilType('stream-live');
    for (const data of [1, 2, 3]) await bus.publish('operators.buffer', data);
    await first.untilEvents(1);
    first.close();
    const second = await application.open('/operators?name=buffer', {
      lastEventId: first.lastId,
    });
    await bus.publish('operators.buffer', 4);
    await second.untilEvents(1);
    const numbers = [first, second].map((client) =>
      (JSON.parse(dataOf(client)[0]!) as { data: number }[]).map(
        ({ data }) => data,
      ),
    );

    expect(numbers).toEqual([
      [1, 2],
      [3, 4],
    ]);
    second.close();
  });

  it('R2 keeps ids with the filter and map options, and counts what was sent as replayed', async () => {
    const first = await application.open('/options');
    const { id } = await first.untilType('stream-live');
    first.close();
    const ids: string[] = [];
    for (const data of [1, 2, 3, 4, 5])
      ids.push((await bus.publish('options', data)).id);
    const second = await application.open('/options', { lastEventId: id });
    const live = await second.untilType('stream-live');

    expect(
      second.events.map(({ type, data, id: own }) => [type, data, own]),
    ).toEqual([
      ['even', '20', ids[1]],
      ['even', '40', ids[3]],
    ]);
    expect([live.data, live.id]).toEqual(['{"replayed":2}', ids[4]]);
    second.close();
  });

  it('R2 sends an event as it is that a map gives back', async () => {
    const client = await application.open('/untouched');
    await client.untilType('stream-live');
    const ids: string[] = [];
    for (const event of ['text', { type: 'typed', data: { a: 1 } }, 'again'])
      ids.push((await bus.publish('untouched', event)).id);
    const events = await client.untilEvents(3);

    expect(events.map(({ raw }) => raw)).toEqual([
      `id: ${ids[0]}\ndata: text`,
      `id: ${ids[1]}\nevent: typed\ndata: {"a":1}`,
      // Another event in this one's place, and under its id.
      `id: ${ids[2]}\nevent: typed\ndata: {"a":1}`,
    ]);
    client.close();
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
    const first = await application.open('/operators?name=none');
    const { id } = await first.untilType('stream-live');
    first.close();
    await bus.publish('operators.none', 'missed');
    const second = await other.open('/operators?name=none', {
      lastEventId: id,
    });
    await second.untilType('stream-live');
    await bus.publish('operators.none', 'live');
    await second.untilEvents(2);

    expect(dataOf(second)).toEqual(['missed', 'live']);
    second.close();
  });

  it('R3 waits where a cursor is ahead of this node only', async () => {
    lagging.isBehind = true;
    const { id } = await bus.publish('operators.none', 'seen elsewhere');
    await bus.publish('operators.none', 'next');
    const client = await other.open('/operators?name=none', {
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
