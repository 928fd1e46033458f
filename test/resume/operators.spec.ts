import { Controller, Query } from '@nestjs/common';
import {
  bufferCount,
  concatMap,
  delay,
  filter,
  map,
  mergeMap,
  of,
  type Observable,
} from 'rxjs';
import {
  EventBusService,
  SseStream,
  type StreamEvent,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

interface Behind {
  readonly operators: (events: Observable<StreamEvent>) => Observable<unknown>;
  /** What the client gets of the numbers that are published. */
  readonly gets: (...numbers: number[]) => string[];
}

const asTheyAre = (...numbers: number[]): string[] => numbers.map(String);

/** Operators behind which a cursor holds, by the name that the client asks for. */
const BEHIND: Record<string, Behind> = {
  none: { operators: (events) => events, gets: asTheyAre },
  map: {
    operators: map(({ data }) => ({ data: { mapped: data } })),
    gets: (...numbers) => numbers.map((number) => `{"mapped":${number}}`),
  },
  mapToData: { operators: map(({ data }) => data), gets: asTheyAre },
  filter: {
    operators: filter(({ data }) => (data as number) % 2 === 0),
    gets: (...numbers) => asTheyAre(...numbers.filter((one) => one % 2 === 0)),
  },
  several: {
    operators: mergeMap(({ data }) =>
      of({ data: `${data}a` }, { data: `${data}b` }),
    ),
    gets: (...numbers) => numbers.flatMap((one) => [`${one}a`, `${one}b`]),
  },
  delay: { operators: delay(1), gets: asTheyAre },
  spread: {
    operators: concatMap((event) =>
      of({ ...event, data: event.data }).pipe(delay(1)),
    ),
    gets: asTheyAre,
  },
};

@Controller()
class OperatorsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('operators')
  operators(@Query('name') name: string) {
    return BEHIND[name]!.operators(this.bus.stream(`operators.${name}`));
  }

  @SseStream('buffer')
  buffer() {
    return this.bus.stream('buffer').pipe(bufferCount(2));
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
}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('a cursor behind operators on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(
      platform,
      appOf([OperatorsController]),
    );
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it.each(Object.entries(BEHIND))(
    'R2 loses nothing and doubles nothing behind the operators of %s',
    async (name, { gets }) => {
      const path = `/operators?name=${name}`;
      const publish = async (...numbers: number[]): Promise<void> => {
        for (const number of numbers)
          await bus.publish(`operators.${name}`, number);
      };
      const first = await application.open(path);
      await first.untilType('stream-live');
      await publish(1, 2);
      await first.untilEvents(gets(1, 2).length);
      first.close();
      await publish(3, 4);
      const second = await application.open(path, {
        lastEventId: first.lastId,
      });
      await second.untilType('stream-live');
      await publish(5, 6);
      await second.untilEvents(gets(3, 4, 5, 6).length);

      expect(dataOf(first)).toEqual(gets(1, 2));
      expect(dataOf(second)).toEqual(gets(3, 4, 5, 6));
    },
  );

  it('R2 sends again what a buffering operator held when its client was cut', async () => {
    const first = await application.open('/buffer');
    await first.untilType('stream-live');
    for (const data of [1, 2, 3]) await bus.publish('buffer', data);
    await first.untilEvents(1);
    first.close();
    const second = await application.open('/buffer', {
      lastEventId: first.lastId,
    });
    await bus.publish('buffer', 4);
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
});
