import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Controller,
  Injectable,
  Module,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import {
  firstValueFrom,
  map,
  merge,
  NEVER,
  Observable,
  share,
  switchMap,
  timer,
} from 'rxjs';
import {
  EventBusService,
  SseAuthGuard,
  SseConn,
  SseConnection,
  SseConnections,
  SseModule,
  SseStream,
  SseTopicPolicy,
  type StreamEvent,
} from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

/** Runs a callback as a pool of connections or an old emitter does: not in the async context of whoever asked. */
const outside = AsyncLocalStorage.snapshot();

const lost = <T>(callback: () => T): Promise<T> =>
  new Promise((resolve) => {
    outside(() => setImmediate(() => resolve(callback())));
  });

@Injectable()
class AsyncPolicy extends SseTopicPolicy {
  async canSubscribe(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }
}

@Controller()
@UseGuards(SseAuthGuard)
class LostController {
  #kept: Observable<unknown> | undefined;
  #meant: Observable<StreamEvent> | undefined;

  constructor(private readonly bus: EventBusService) {}

  @SseStream('returned')
  returned() {
    return lost(() => this.bus.stream('secret'));
  }

  @SseStream('piped')
  piped() {
    return lost(() => this.bus.stream('secret').pipe(map(({ data }) => data)));
  }

  @SseStream('merged')
  async merged() {
    const events = await lost(() => this.bus.stream('secret'));
    return merge(NEVER, events.pipe(map(({ data }) => ({ data }))));
  }

  @SseStream('shared')
  async shared() {
    this.#kept ??= await lost(() =>
      this.bus.stream('secret').pipe(
        map(({ data }) => ({ data })),
        share(),
      ),
    );
    return this.#kept;
  }

  @SseStream('deferred')
  deferred() {
    // Opened when the connection subscribes: the handler has returned by then.
    return new Observable((subscriber) =>
      this.bus.stream('secret').subscribe(({ data }) => subscriber.next(data)),
    );
  }

  @SseStream('handed-on')
  handedOn() {
    return new Observable((subscriber) => {
      void lost(() => this.bus.stream('secret').subscribe(subscriber));
    });
  }

  @SseStream('interceptor')
  @UseInterceptors(PassThroughInterceptor)
  interceptor() {
    return lost(() => this.bus.stream('secret'));
  }

  @SseStream('generator')
  async *generator() {
    const events = await lost(() => this.bus.stream('secret'));
    yield 'first';
    yield await firstValueFrom(events);
  }

  @SseStream('observer')
  observer() {
    return new Observable((subscriber) => {
      void lost(() =>
        this.bus
          .stream('secret')
          .subscribe((event) => subscriber.next({ data: event.data })),
      );
    });
  }

  @SseStream('operator')
  operator() {
    return timer(1).pipe(switchMap(() => this.bus.stream('secret')));
  }

  @SseStream('operator-live')
  operatorLive() {
    return timer(1).pipe(
      switchMap(() => this.bus.stream('secret', { live: true })),
    );
  }

  @SseStream('meant')
  async meant() {
    this.#meant ??= await lost(() =>
      this.bus.stream('secret', { live: true }).pipe(share()),
    );
    return this.#meant;
  }

  @SseStream('connection')
  connection(@SseConn() connection: SseConnection) {
    return lost(() => this.bus.stream('secret', { connection }));
  }
}

@Module({})
class LostModule {}

const lostModule = (policy?: AsyncPolicy) => ({
  module: LostModule,
  imports: [
    SseModule.forRoot({ auth: { authenticator: TestAuthenticator, policy } }),
  ],
  controllers: [LostController],
  providers: [TestAuthenticator],
});

/** All that a client gets before it is refused is its own: nothing of the topic. */
const BEFORE_HEADERS = [
  'returned',
  'piped',
  'merged',
  'shared',
  'deferred',
  'interceptor',
  'connection',
];
const LATER = [
  'handed-on',
  'operator',
  'operator-live',
  'generator',
  'observer',
];

describe.each(PLATFORMS)(
  'a bus stream that was opened without its handler’s context, on %s',
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;
    let authenticator: TestAuthenticator;
    const log = new LogCollector();

    const start = async (policy?: AsyncPolicy): Promise<void> => {
      application = await startApplication(platform, lostModule(policy), {
        configure: (app) => app.useLogger(log),
      });
      bus = application.app.get(EventBusService);
      authenticator = application.app.get(TestAuthenticator);
    };
    const stranger = () => ({ headers: authenticator.admit('stranger') });
    const friend = () => ({
      headers: authenticator.admit('friend', { topics: ['secret'] }),
    });

    afterEach(() => application.close());

    it.each(BEFORE_HEADERS)(
      'A3 refuses with 403 who may not read the topic: %s',
      async (path) => {
        await start();
        const client = await application.open(`/${path}`, stranger());
        await client.untilClosed();

        expect(client.status).toBe(403);
      },
    );

    it.each(LATER)(
      'A3 ends a stream that comes upon it later: %s',
      async (path) => {
        await start();
        const client = await application.open(`/${path}`, stranger());
        await client.untilType('stream-open');
        // Published until one finds the subscription in place.
        while (!client.isClosed) {
          await bus.publish('secret', { text: 'for friends' });
          await new Promise((resolve) => setImmediate(resolve));
        }

        expect(client.raw).not.toContain('for friends');
        expect(JSON.parse(client.blocks.at(-1)!.data!)).toMatchObject({
          code: expect.stringMatching(/^(TOPIC_FORBIDDEN|FOREIGN_BUS_STREAM)$/),
        });
      },
    );

    it.each(
      [...BEFORE_HEADERS, ...LATER].filter((path) => path !== 'generator'),
    )('A3 sends it to who may: %s', async (path) => {
      await start();
      const client = await application.open(`/${path}`, friend());
      await client.untilType('stream-open');
      await until(async () => {
        await bus.publish('secret', { text: 'for friends' });
        return client.events.length > 0;
      });

      expect(client.events[0]!.data).toContain('for friends');
      expect(client.types).not.toContain('stream-error');
    });

    it('A3 asks a policy of the application before anything is sent', async () => {
      await start(new AsyncPolicy());
      const client = await application.open('/merged', stranger());
      await client.untilClosed();
      expect(client.status).toBe(403);
      const allowed = await application.open('/shared', friend());
      await until(async () => {
        await bus.publish('secret', { text: 'for friends' });
        return allowed.events.length > 0;
      });
    });

    it('A3 asks each one anew for a stream that is shared', async () => {
      await start();
      const allowed = await application.open('/shared', friend());
      await allowed.untilType('stream-open');
      const refused = await application.open('/shared', stranger());
      await refused.untilClosed();
      expect(refused.status).toBe(403);
      await bus.publish('secret', { text: 'for friends' });
      await allowed.untilEvents(1);
    });

    it('A4 ends it when the topic is not allowed any more, and lists it', async () => {
      await start();
      const client = await application.open('/merged', friend());
      await client.untilType('stream-open');
      const connections = application.app.get(SseConnections);
      expect(await connections.count({ topic: 'secret' })).toBe(1);
      authenticator.renewals.set('friend', { id: 'friend', topics: [] });
      await connections.revalidate({ principal: 'friend' });
      await client.untilClosed();

      expect(JSON.parse(client.blocks.at(-1)!.data!)).toMatchObject({
        code: 'TOPIC_FORBIDDEN',
      });
    });

    it('A3 sends to everybody what server code means for everybody', async () => {
      await start();
      const client = await application.open('/meant', stranger());
      await client.untilType('stream-open');
      await bus.publish('secret', { text: 'for all' });
      await client.untilEvents(1);
      expect(client.events[0]!.data).toContain('for all');
    });

    it('R2 says in the log what does not resume, and how it would', async () => {
      await start();
      const client = await application.open('/piped', friend());
      await client.untilType('stream-open');
      expect(log.text).toMatch(
        /LostController\.piped sends a bus stream .* \{ connection \}.* \{ live: true \}/,
      );
    });
  },
);
