import { Controller, Module, UseInterceptors } from '@nestjs/common';
import {
  EventBusService,
  EventIdInterceptor,
  SseModule,
  SseStream,
  type BusStreamOptions,
} from 'nestjs-event-stream';
import { map, of } from 'rxjs';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

/** As JavaScript and casts let it through. */
const ASYNC_FILTER = {
  filter: (async () => false) as unknown as BusStreamOptions['filter'],
};
const REJECTING_MAP = {
  map: async () => {
    throw new Error('no such row');
  },
};

const rejects = async (): Promise<string> => {
  throw new Error('no such key');
};
const REJECTING_KEY = {
  slowConsumer: {
    policy: 'latest',
    key: rejects as unknown as () => string,
  },
} as const;
const REJECTING_IDS = new EventIdInterceptor({
  generate: rejects as unknown as () => string,
});

@Controller()
class EventsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('filter')
  filter() {
    return this.bus.stream('a', ASYNC_FILTER);
  }

  @SseStream('filter-operators')
  filterOperators() {
    return this.bus.stream('a', ASYNC_FILTER).pipe(map((event) => event));
  }

  @SseStream('map')
  map() {
    return this.bus.stream('a', REJECTING_MAP);
  }

  @SseStream('map-operators')
  mapOperators() {
    return this.bus.stream('a', REJECTING_MAP).pipe(map((event) => event));
  }

  @SseStream('key', REJECTING_KEY)
  key() {
    return of('first', 'second');
  }

  @SseStream('ids')
  @UseInterceptors(REJECTING_IDS)
  ids() {
    return of('first', 'second');
  }

  @SseStream('beside')
  beside() {
    return this.bus.stream('a', { ...REJECTING_MAP, live: true });
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [EventsController] })
class AppModule {}

describe.each(PLATFORMS)('asynchronous callbacks on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  const unhandled: unknown[] = [];
  const collect = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(async () => {
    unhandled.length = 0;
    process.on('unhandledRejection', collect);
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterEach(async () => {
    process.off('unhandledRejection', collect);
    await application.close();
  });

  it.each(['filter', 'filter-operators', 'map', 'map-operators', 'beside'])(
    'B8 are refused by code at the first event, live and in a replay, and send nothing: %s',
    async (path) => {
      const client = await application.open(`/${path}`);
      const isBound = path !== 'beside';
      const begin = await client.untilType(
        isBound ? 'stream-live' : 'stream-open',
      );
      await bus.publish('a', 1);
      const refusal = await client.untilType('stream-error');
      expect(JSON.parse(refusal.data!)).toMatchObject({
        code: 'ASYNC_CALLBACK',
      });
      expect(client.events).toEqual([]);

      const lastEventId = isBound ? begin.id : undefined;
      const second = await application.open(`/${path}`, { lastEventId });
      await bus.publish('a', 2);
      await second.untilType('stream-error');
      expect(second.events).toEqual([]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    },
  );

  it.each(['key', 'ids'])(
    'B8 are refused by code where a source of the handler meets them: %s',
    async (path) => {
      const client = await application.open(`/${path}`);
      const refusal = await client.untilType('stream-error');
      expect(JSON.parse(refusal.data!)).toMatchObject({
        code: 'ASYNC_CALLBACK',
        retryable: false,
      });
      expect(client.events).toEqual([]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    },
  );

  it('B4 end the stream of server code with an error, and no other', async () => {
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    bus.stream('a', REJECTING_MAP).subscribe({
      next: (value) => seen.push(value),
      error: (error) => errors.push(error),
    });
    bus.stream('a').subscribe(({ data }) => seen.push(data));
    await bus.publish('a', 1);
    await bus.publish('a', 2);

    expect(seen).toEqual([1, 2]);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ASYNC_CALLBACK' }),
    ]);
    expect(unhandled).toEqual([]);
  });
});
