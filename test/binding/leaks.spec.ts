import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Injectable,
  Query,
  Req,
  Scope,
  type INestApplication,
} from '@nestjs/common';
import {
  concat,
  delay,
  map,
  of,
  share,
  shareReplay,
  switchMap,
  type Observable,
} from 'rxjs';
import {
  EventBusService,
  SseConn,
  SseConnection,
  SseStream,
  type StreamEvent,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { beside } from '../support/beside.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

// What nestjs-cls is made of; the package itself is CommonJS, and Jest cannot load Nest's ES modules from it.
const users = new AsyncLocalStorage<string | undefined>();
const currentUser = () => users.getStore();

function withUsers(app: INestApplication): void {
  app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    users.run(searchParams.get('user') ?? undefined, next);
  });
}

let openHandler: (() => void) | undefined;
let lateStream: { topics: readonly string[] } | undefined;

@Injectable()
class FeedService {
  shared: Observable<unknown> | undefined;
  readonly unbound: Observable<StreamEvent>;

  constructor(private readonly bus: EventBusService) {
    this.unbound = bus.stream('unbound').pipe(share());
  }

  open(topic: string) {
    return this.bus.stream(topic);
  }

  openFor(topic: string, connection: SseConnection) {
    return this.bus.stream(topic, { connection });
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestFeed {
  readonly user: string;

  constructor(private readonly bus: EventBusService) {
    this.user = currentUser()!;
  }

  open() {
    return this.bus.stream(`user.${this.user}`, {
      map: ({ data }) => ({ data: `${this.user} got ${data}` }),
    });
  }
}

@Controller()
class BindingController {
  #shared: Observable<unknown> | undefined;

  constructor(
    private readonly bus: EventBusService,
    private readonly feeds: FeedService,
  ) {}

  @SseStream('switch')
  switch(@Query('topic') topic: string) {
    // The inner stream is opened by an emission, and so by whoever publishes.
    return this.bus
      .stream('switch')
      .pipe(switchMap(() => this.bus.stream(topic)));
  }

  @SseStream('shared')
  shared(@Query('how') how: string) {
    const events = this.bus.stream('shared', { live: how === 'live' });
    if (how === 'share') return (this.#shared ??= events.pipe(share()));
    this.#shared ??= events.pipe(
      map(({ data }) => ({ data })),
      shareReplay(1),
    );
    if (how === 'hidden') return concat(of('hello'), this.#shared);
    return how === 'piped'
      ? this.#shared.pipe(map((one) => one))
      : this.#shared;
  }

  @SseStream('hidden')
  hidden() {
    this.feeds.shared ??= this.bus.stream('hidden').pipe(
      map(({ data }) => ({ data })),
      share(),
    );
    // Subscribed only once the stream is open.
    return concat(of('hello').pipe(delay(1)), this.feeds.shared);
  }

  @SseStream('unbound')
  unbound() {
    return this.feeds.unbound;
  }

  @SseStream('cls')
  watchCls() {
    const who = currentUser;
    return this.bus
      .stream('cls', {
        filter: () => who() !== undefined,
        map: ({ data }) => `map ${who()} ${data}`,
        snapshot: function* () {
          yield `snapshot ${who()}`;
        },
      })
      .pipe(map((text) => ({ data: `${text} operator ${who()}` })));
  }

  @SseStream('service')
  service() {
    return this.feeds.open('resumed');
  }

  @SseStream('awaited')
  async awaited() {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return this.bus.stream('resumed');
  }

  @SseStream('connection')
  connection(@SseConn() connection: SseConnection) {
    return of(1).pipe(
      switchMap(() => this.feeds.openFor('resumed', connection)),
    );
  }

  @SseStream('late')
  late(@SseConn() connection: SseConnection) {
    setTimeout(() => {
      this.bus.stream('late');
      lateStream = connection;
    }, 0);
    return of();
  }

  @SseStream('publishing')
  async publishing(@Query('user') user: string) {
    await this.bus.publish('cls', `from ${user}`);
    await this.bus.publish('switch', user);
    await new Promise<void>((resolve) => (openHandler = resolve));
    return of(1);
  }
}

@Controller('request')
class RequestController {
  constructor(private readonly feed: RequestFeed) {}

  @SseStream()
  watch(@Req() _request: unknown) {
    return this.feed.open();
  }
}

const AppModule = appOf([BindingController, RequestController], {}, [
  FeedService,
  RequestFeed,
]);

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);

describe.each(PLATFORMS)('what a stream is bound to, on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeEach(async () => {
    application = await startApplication(platform, AppModule, {
      configure: withUsers,
    });
    bus = application.app.get(EventBusService);
  });

  const live = async (path: string, lastEventId?: string) => {
    const client = await application.open(path, { lastEventId });
    await client.untilType('stream-live');
    return client;
  };

  it.each(['service', 'awaited', 'connection'])(
    'R2 binds where it is called in time: %s',
    async (path) => {
      const { id } = await bus.publish('resumed', 1);
      await bus.publish('resumed', 2);
      const client = await live(`/${path}`, id);

      expect(dataOf(client)).toEqual(['2']);
    },
  );

  it('A3 binds nothing that is opened after the handler has returned', async () => {
    lateStream = undefined;
    await application.open('/late');
    await until(() => lateStream !== undefined);

    expect(lateStream!.topics).toEqual([]);
  });

  it('A3 gives an inner stream of switchMap neither a cursor nor the publisher as its owner', async () => {
    const { id } = await bus.publish('inner', 'before');
    await bus.publish('inner', 'missed');
    const client = await application.open('/switch?topic=inner&user=reader', {
      lastEventId: id,
    });
    await client.untilType('stream-live');
    // A publisher whose handler is still open: its frame must not reach the reader's inner stream.
    const publishing = beside(application.open('/publishing?user=publisher'));
    await until(() => openHandler !== undefined);
    await bus.publish('inner', 'live');
    const [event] = await client.untilEvents(1);
    openHandler!();
    openHandler = undefined;
    await publishing;

    expect(event).toMatchObject({ data: 'live', id: undefined });
    expect(client.types).not.toContain('stream-error');
  });

  it.each(['share', 'replay', 'piped', 'hidden', 'live'])(
    'A3 refuses a second client what was bound to the first and kept: %s',
    async (how) => {
      const first = await application.open(`/shared?how=${how}`);
      await first.untilType('stream-open');
      await bus.publish('shared', 'secret');
      await first.until(({ raw }) => raw.includes('secret'));
      const second = await application.open(`/shared?how=${how}`);
      await bus.publish('shared', 'secret');
      if (second.status === 200) await second.untilClosed();
      const secrets = () => dataOf(first).filter((data) => data === 'secret');
      await first.until(() => secrets().length === 2);

      expect(second.raw).not.toContain('secret');
    },
  );

  it('A3 refuses it where it is hidden in another stream, at its first event', async () => {
    const first = await application.open('/hidden');
    await first.untilType('stream-live');
    const second = await application.open('/hidden');
    await second.untilEvents(1);
    await bus.publish('hidden', 'secret');
    await first.untilEvents(2);
    await second.untilClosed();

    expect(second.raw).not.toContain('secret');
    expect(JSON.parse(second.blocks.at(-1)!.data!)).toMatchObject({
      code: 'FOREIGN_BUS_STREAM',
    });
    expect(dataOf(first)).toEqual(['hello', 'secret']);
  });

  it('B4 shares an unbound stream with everybody, without ids', async () => {
    const clients = [
      await application.open('/unbound'),
      await application.open('/unbound'),
    ];
    for (const client of clients) await client.untilType('stream-open');
    await bus.publish('unbound', 1);
    for (const client of clients) {
      expect(await client.untilEvents(1)).toMatchObject([
        { data: '1', id: undefined },
      ]);
    }
  });

  it("W6 runs filter, map, snapshot and operators in the subscriber's context, also for what another one publishes", async () => {
    const ann = await live('/cls?user=ann');
    const bob = await live('/cls?user=bob');
    const publishing = beside(application.open('/publishing?user=eve'));
    await until(() => openHandler !== undefined);
    await ann.untilEvents(2);
    await bob.untilEvents(2);
    openHandler!();
    openHandler = undefined;
    await publishing;

    expect(dataOf(ann)).toEqual([
      'snapshot ann',
      'map ann from eve operator ann',
    ]);
    expect(dataOf(bob)).toEqual([
      'snapshot bob',
      'map bob from eve operator bob',
    ]);
  });

  it('W6 keeps request-scoped providers apart', async () => {
    const ann = await live('/request?user=ann');
    const bob = await live('/request?user=bob');
    await bus.publish('user.ann', 1);
    await bus.publish('user.bob', 2);
    await ann.untilEvents(1);
    await bob.untilEvents(1);

    expect(dataOf(ann)).toEqual(['ann got 1']);
    expect(dataOf(bob)).toEqual(['bob got 2']);
  });
});
