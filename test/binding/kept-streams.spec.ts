import { EventEmitter } from 'node:events';
import {
  Controller,
  Injectable,
  Module,
  Param,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import {
  BehaviorSubject,
  concat,
  defer,
  firstValueFrom,
  from,
  fromEvent,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  ReplaySubject,
  share,
  shareReplay,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import {
  EventBusService,
  SseModule,
  SseStream,
  type BusStream,
  type StreamEvent,
} from 'nestjs-event-stream';
import { PassThroughInterceptor } from '../support/pass-through.interceptor.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

type Kept = Observable<unknown>;

/** Derived from the bound stream by operators: recognised whatever the values have become. */
const DERIVED: Record<string, (events: BusStream) => Kept> = {
  share: (events) =>
    events.pipe(
      map(({ data }) => `copied ${JSON.stringify(data)}`),
      share(),
    ),
  shareReplay: (events) =>
    events.pipe(
      map(({ data }) => ({ data: `copied ${JSON.stringify(data)}` })),
      shareReplay(1),
    ),
  'async operator': (events) =>
    events.pipe(
      mergeMap(async ({ data }) => `copied ${JSON.stringify(data)}`),
      shareReplay(1),
    ),
};

/** Built around it by other means: recognised by the events, and by their data. */
const BUILT: Record<string, (events: BusStream) => Kept> = {
  'merge of events': (events) => merge(events, NEVER).pipe(shareReplay(1)),
  'merge of data': (events) =>
    merge(events, NEVER).pipe(
      map((one) => ({ data: (one as StreamEvent).data })),
      shareReplay(1),
    ),
  'merge of bare data': (events) =>
    merge(events, NEVER).pipe(
      map((one) => (one as StreamEvent).data),
      shareReplay(1),
    ),
  'an Observable of its own': (events) =>
    new Observable((subscriber) =>
      events.subscribe((event) => subscriber.next({ data: event })),
    ).pipe(shareReplay(1)),
};

/** How the second user's handler comes to what the first one's has left. */
const REACHED: Record<string, (kept: Kept) => unknown> = {
  returned: (kept) => kept,
  merged: (kept) => merge(NEVER, kept),
  'behind concat': (kept) => concat(of('hello').pipe(map((one) => one)), kept),
  'after a timer': (kept) => timer(1).pipe(switchMap(() => kept)),
  'after a promise': (kept) =>
    from(new Promise((resolve) => setImmediate(resolve))).pipe(
      switchMap(() => kept),
    ),
  deferred: (kept) => defer(() => kept),
  'in a promise': async (kept) => {
    await new Promise((resolve) => setImmediate(resolve));
    return kept;
  },
  'awaited first': async (kept) => of(await firstValueFrom(kept)),
  'in a generator': async function* (kept) {
    yield 'hello';
    yield await firstValueFrom(kept);
  },
  'through an observer': (kept) =>
    new Observable((subscriber) =>
      kept.subscribe({
        next: (one) => subscriber.next(one),
        error: (error) => subscriber.error(error),
      }),
    ),
};

@Injectable()
class Cache {
  kept: Kept | undefined;
  reach: (kept: Kept) => unknown = (kept) => kept;
  readonly subject = new BehaviorSubject<unknown>('nothing yet');
  readonly all = new ReplaySubject<unknown>();
  readonly emitter = new EventEmitter();
  last: unknown = 'nothing yet';
}

@Controller()
class KeepingController {
  constructor(
    private readonly bus: EventBusService,
    private readonly cache: Cache,
  ) {}

  @SseStream('keep/:form')
  keep(@Param('form') form: string) {
    const build = DERIVED[form] ?? BUILT[form]!;
    return (this.cache.kept = build(this.bus.stream('secret')));
  }

  @SseStream('reach')
  reach() {
    return this.cache.reach(this.cache.kept!) as Kept;
  }

  @SseStream('reach-intercepted')
  @UseInterceptors(PassThroughInterceptor)
  reachIntercepted() {
    return this.cache.reach(this.cache.kept!) as Kept;
  }

  /** Hands events, or their data, to places of its own. */
  @SseStream('hand-out')
  handOut() {
    const { cache } = this;
    return this.bus
      .stream('secret', {
        filter: (event) => {
          cache.last = event;
          return true;
        },
      })
      .pipe(
        tap((event) => {
          cache.subject.next(event.data);
          cache.all.next({ type: 'copy', data: event.data });
          cache.emitter.emit('event', event);
        }),
      );
  }

  @SseStream('handed/:how')
  handed(@Param('how') how: string, @Query('own') own?: string) {
    const { cache } = this;
    const handed = {
      subject: () => cache.subject,
      replayed: () => cache.all,
      emitter: () => fromEvent(cache.emitter, 'event'),
      variable: () => defer(() => of(cache.last)),
      snapshot: () => this.bus.stream('other', { snapshot: () => cache.last }),
      map: () => this.bus.stream('other', { map: () => cache.last }),
    }[how]!();
    return own === undefined
      ? handed
      : merge(this.bus.stream('secret'), handed);
  }
}

@Module({
  imports: [SseModule.forRoot()],
  controllers: [KeepingController],
  providers: [Cache],
})
class KeepingModule {}

describe.each(PLATFORMS)(
  'what one user’s handler has kept, on %s',
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;
    let cache: Cache;

    beforeEach(async () => {
      application = await startApplication(platform, KeepingModule);
      bus = application.app.get(EventBusService);
      cache = application.app.get(Cache);
    });

    afterEach(() => application.close());

    /** A first user whose handler keeps its stream, with one event in it. */
    const keep = async (form: string): Promise<SseTestClient> => {
      const first = await application.open(`/keep/${encodeURIComponent(form)}`);
      await first.untilType('stream-live');
      await bus.publish('secret', { text: 'for the first' });
      await first.untilEvents(1);
      return first;
    };
    const expectRefused = async (client: SseTestClient): Promise<void> => {
      // One that waits for an event before it can be refused gets one to wait for.
      while (!client.isClosed) {
        await bus.publish('secret', { text: 'for the first' });
        await bus.publish('other', 1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(client.raw).not.toContain('for the first');
      if (client.status === 200)
        expect(client.raw).toContain('FOREIGN_BUS_STREAM');
      else expect(client.status).toBe(500);
    };

    describe.each(Object.keys(DERIVED))('by %s', (form) => {
      it.each(Object.keys(REACHED))(
        'A3 does not reach another user: %s',
        async (how) => {
          const first = await keep(form);
          cache.reach = REACHED[how]!;
          await expectRefused(await application.open('/reach'));
          await expectRefused(await application.open('/reach-intercepted'));
          const { length } = first.events;
          await bus.publish('secret', { text: 'one more' });
          await first.untilEvents(length + 1);
          first.close();
          await expectRefused(await application.open('/reach'));
        },
      );
    });

    it.each(Object.keys(BUILT))(
      'A3 does not reach another user, in whatever it is built into: %s',
      async (form) => {
        await keep(form);
        for (const how of ['returned', 'merged', 'after a timer']) {
          cache.reach = REACHED[how]!;
          await expectRefused(await application.open('/reach'));
          await expectRefused(await application.open('/reach-intercepted'));
        }
      },
    );

    it.each(['subject', 'replayed', 'emitter', 'variable', 'snapshot', 'map'])(
      'A3 does not send events, or their data, that were handed out: %s',
      async (how) => {
        const first = await application.open('/hand-out');
        await first.untilType('stream-live');
        await bus.publish('secret', { text: 'for the first' });
        await first.untilEvents(1);
        await expectRefused(await application.open(`/handed/${how}`));
        first.close();
        if (how !== 'emitter')
          await expectRefused(await application.open(`/handed/${how}`));
      },
    );

    it.each(['subject', 'replayed', 'variable'])(
      'A3 sends them to whoever reads the same topic: %s',
      async (how) => {
        const first = await application.open('/hand-out');
        await first.untilType('stream-live');
        await bus.publish('secret', { text: 'for both' });
        await first.untilEvents(1);
        const second = await application.open(`/handed/${how}?own=`);
        await second.until(({ raw }) => raw.includes('for both'));
        expect(second.types).not.toContain('stream-error');
      },
    );
  },
);
