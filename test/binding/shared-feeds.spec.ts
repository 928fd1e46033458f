import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Controller,
  Injectable,
  Module,
  UseInterceptors,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import {
  firstValueFrom,
  fromEvent,
  interval,
  map,
  merge,
  mergeMap,
  share,
  shareReplay,
  Subject,
  switchMap,
  take,
  takeUntil,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import {
  EventBusService,
  SseModule,
  SseStream,
  type StreamEvent,
} from 'nestjs-event-stream';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@Injectable()
class Feeds implements OnModuleInit, OnModuleDestroy {
  readonly #closed = new Subject<void>();
  /** Begins with its first subscriber, whoever that is. */
  readonly prices = interval(5).pipe(
    map((count) => ({ price: count })),
    takeUntil(this.#closed),
    share(),
  );
  readonly replayed = timer(0, 5).pipe(
    map((count) => ({ price: count })),
    takeUntil(this.#closed),
    shareReplay(1),
  );
  readonly emitter = new EventEmitter();
  readonly subject = new Subject<unknown>();
  /** Fed by the server's own subscription to the bus. */
  readonly projection = new Subject<unknown>();
  readonly raw = new Subject<StreamEvent>();
  readonly announcements: Observable<StreamEvent>;

  constructor(private readonly bus: EventBusService) {
    this.announcements = bus
      .stream('announcements', { live: true })
      .pipe(share());
  }

  onModuleInit(): void {
    this.bus
      .stream('orders')
      .subscribe(({ data }) => this.projection.next(data));
    this.bus.stream('orders', { live: true }).subscribe(this.raw);
  }

  onModuleDestroy(): void {
    this.#closed.next();
  }
}

/** Names of the feeds, in all ways in which one user can set them off. */
const FEEDS = {
  prices: (feeds: Feeds) => feeds.prices,
  replayed: (feeds: Feeds) => feeds.replayed,
  emitter: (feeds: Feeds) => fromEvent(feeds.emitter, 'tick'),
  subject: (feeds: Feeds) => feeds.subject,
} as const;

type FeedName = keyof typeof FEEDS;
const NAMES = Object.keys(FEEDS) as FeedName[];

@Controller()
class FeedController {
  constructor(
    private readonly bus: EventBusService,
    private readonly feeds: Feeds,
  ) {}

  /** Whose events set the feeds off, in an operator and in a snapshot. */
  @SseStream('rooms')
  rooms() {
    const { feeds } = this;
    return this.bus
      .stream('rooms', { snapshot: () => feeds.prices.pipe(take(1)) })
      .pipe(
        tap(() => {
          feeds.emitter.emit('tick', { n: 1 });
          feeds.subject.next({ n: 1 });
        }),
        switchMap(() => merge(feeds.prices, feeds.replayed)),
      );
  }

  @SseStream('snapshots')
  snapshots() {
    return this.bus.stream('snapshots', {
      snapshot: async () => {
        const { price } = await firstValueFrom(this.feeds.prices);
        return { price };
      },
    });
  }

  @SseStream('prices')
  prices() {
    return FEEDS.prices(this.feeds);
  }

  @SseStream('replayed')
  replayed() {
    return FEEDS.replayed(this.feeds);
  }

  @SseStream('emitter')
  emitter() {
    return FEEDS.emitter(this.feeds);
  }

  @SseStream('subject')
  subject() {
    return FEEDS.subject(this.feeds);
  }

  @SseStream('beside')
  beside() {
    // A bound stream beside a feed, which is not built around it.
    this.bus.stream('beside').subscribe();
    return this.feeds.prices;
  }

  @SseStream('set-off')
  setOff() {
    const own = this.bus.stream('own');
    return this.feeds.subject.pipe(
      switchMap(() => timer(1).pipe(mergeMap(() => own))),
    );
  }

  @SseStream('intercepted')
  @UseInterceptors(PassThroughInterceptor)
  intercepted() {
    return merge(this.feeds.prices, this.feeds.subject);
  }

  @SseStream('projection')
  projection() {
    return this.feeds.projection;
  }

  @SseStream('raw')
  raw() {
    return this.feeds.raw;
  }

  @SseStream('announcements')
  announcements() {
    return this.feeds.announcements;
  }
}

@Module({
  imports: [SseModule.forRoot()],
  controllers: [FeedController],
  providers: [Feeds],
})
class FeedModule {}

describe.each(PLATFORMS)('feeds for everybody, on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let isOver: boolean;
  let publishing: Promise<void> | undefined;

  beforeEach(async () => {
    isOver = false;
    application = await startApplication(platform, FeedModule);
    bus = application.app.get(EventBusService);
  });

  afterEach(async () => {
    isOver = true;
    await publishing;
    await application.close();
  });

  const live = async (path: string): Promise<SseTestClient> => {
    const client = await application.open(path);
    await client.untilType('stream-live');
    return client;
  };
  const flows = async (client: SseTestClient, count = 2): Promise<void> => {
    await client.untilEvents(client.events.length + count);
    expect(client.types).not.toContain('stream-error');
  };
  /** Another user's events, which emit all feeds in that user's context. */
  const setOff = async (client: SseTestClient): Promise<void> => {
    const { length } = client.events;
    await bus.publish('rooms', 'in');
    await client.untilEvents(length + 2);
  };

  it.each(NAMES)(
    "B4 gives everybody the %s feed that one user's events set off, and after that user has left",
    async (name) => {
      const early = await application.open(`/${name}`);
      const first = await application.open('/rooms');
      await first.untilEvents(1);
      setOffAlways();
      await flows(early);
      const later = await application.open(`/${name}`);
      await flows(later);
      first.close();
      await later.untilEvents(1);
      const last = await application.open(`/${name}`);
      application.app.get(Feeds).subject.next({ n: 2 });
      application.app.get(Feeds).emitter.emit('tick', { n: 2 });
      await last.untilEvents(1);
      for (const client of [early, later, last])
        expect(client.types).not.toContain('stream-error');
    },
  );

  /** Publishes at every turn, so that a feed that only another user sets off has something to say. */
  function setOffAlways(): void {
    publishing = (async () => {
      while (!isOver) {
        await bus.publish('rooms', 'in');
        await turn();
      }
    })();
  }

  it("B4 gives everybody a feed that one user's snapshot has started, and after that user has left", async () => {
    const first = await live('/snapshots');
    const second = await application.open('/prices');
    await flows(second);
    first.close();
    const third = await application.open('/prices');
    await flows(third);
    await flows(second);
  });

  it("B4 gives everybody a feed that was returned beside one user's bound stream", async () => {
    const first = await application.open('/beside');
    await flows(first);
    const second = await application.open('/prices');
    await flows(second);
    const third = await application.open('/beside');
    await flows(third);
  });

  it("R2 gives a user the own bound stream that another one's event asks for", async () => {
    const reader = await application.open('/set-off');
    await reader.untilType('stream-open');
    const other = await application.open('/rooms');
    await other.untilEvents(1);
    await setOff(other);
    await reader.untilType('stream-live');
    await bus.publish('own', 'mine');
    await reader.untilEvents(1);

    expect(reader.events[0]).toMatchObject({ data: 'mine' });
    expect(reader.types).not.toContain('stream-error');
  });

  it('B4 leaves them alone behind interceptors of the method', async () => {
    const first = await application.open('/rooms');
    await first.untilEvents(1);
    const second = await application.open('/intercepted');
    await setOff(first);
    await flows(second);
  });

  it.each(['projection', 'raw', 'announcements'])(
    'B4 gives everybody what server code reads from the bus: %s',
    async (path) => {
      const clients = [
        await application.open(`/${path}`),
        await application.open(`/${path}`),
      ];
      for (const client of clients) await client.untilType('stream-open');
      await bus.publish(path === 'announcements' ? path : 'orders', { n: 1 });
      for (const client of clients) {
        await client.untilEvents(1);
        expect(client.events[0]).toMatchObject({ data: '{"n":1}' });
      }
    },
  );
});
