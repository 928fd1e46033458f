import { Controller, Module } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { merge, Subject, Observable } from 'rxjs';
import { untilCongested } from '../support/congestion.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const KILOBYTE = 'x'.repeat(1024);
const ROWS = 1_000;

let filler: Subject<string>;
let rows: Subject<string> | undefined;

@Controller()
class BurstsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }

  @SseStream('latest', {
    slowConsumer: {
      policy: 'latest',
      key: () => 'one',
      maxBufferedBytes: 32 * 1024 * 1024,
    },
  })
  latest() {
    return this.#withSnapshot();
  }

  @SseStream('drop-oldest', {
    slowConsumer: { policy: 'drop-oldest', maxBufferedBytes: 64 * 1024 },
  })
  dropOldest() {
    return this.#withSnapshot();
  }

  @SseStream('large', {
    slowConsumer: { maxBufferedBytes: 64 * 1024, stallTimeoutMs: 600_000 },
  })
  large() {
    return this.bus.stream('news', {
      snapshot: () => KILOBYTE.repeat(4 * 1024),
    });
  }

  @SseStream('large-value', {
    slowConsumer: { maxBufferedBytes: 64 * 1024, stallTimeoutMs: 600_000 },
  })
  largeValue() {
    return [KILOBYTE.repeat(4 * 1024), 'next'];
  }

  #withSnapshot() {
    const events = this.bus.stream('news', {
      snapshot: () =>
        new Observable((subscriber) => {
          rows = new Subject();
          return rows.subscribe(subscriber);
        }),
    });
    return merge(events, filler);
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [BurstsController] })
class AppModule {}

describe.each(ALL_PLATFORMS)('bursts on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeEach(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
    filler = new Subject();
    rows = undefined;
  });

  afterEach(() => application.close());

  /** 8 MB in one turn: more than the buffers of a loopback connection take. */
  const fill = (): void => {
    for (let count = 0; count < 128; count++) filler.next(KILOBYTE.repeat(64));
  };

  // The log splits a burst over several turns where the machine is slow. A kernel's buffers take all of it meanwhile;
  // the window of HTTP/2 does not, and what is transient does not wait for it.
  const hasTransient = platform !== 'fastify-http2';

  it(`S1 R6 a burst arrives whole, with transient events: ${hasTransient}`, async () => {
    const client = await application.open('/news');
    await client.untilType('stream-live');
    const published = Array.from({ length: 800 }, (_, index) =>
      bus.publish('news', `${index} ${KILOBYTE}`, {
        transient: hasTransient && index % 2 === 0,
      } as { transient: true }),
    );
    await Promise.all(published);
    await client.untilEvents(800);
    const numbers = client.events.map(({ data }) => parseInt(data!, 10));
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  it('S3 R5 latest keeps all rows of a snapshot, and applies to the rest', async () => {
    const client = await application.open('/latest');
    await until(() => rows !== undefined);
    client.pause();
    fill();
    await untilCongested(application);
    for (let row = 0; row < ROWS; row++) {
      rows!.next(`row ${row}`);
      filler.next(`notice ${row}`);
    }
    rows!.complete();
    await new Promise((resolve) => setImmediate(resolve));
    client.resume();
    await client.untilType('stream-live');
    const live = client.types.indexOf('stream-live');
    const before = client.blocks.slice(0, live).map(({ data }) => data ?? '');
    expect(before.filter((data) => data.startsWith('row '))).toEqual(
      Array.from({ length: ROWS }, (_, row) => `row ${row}`),
    );
    const notices = client.events.filter(({ data }) =>
      data!.startsWith('notice'),
    );
    expect(notices.map(({ data }) => data)).toEqual([`notice ${ROWS - 1}`]);
  });

  it('S3 R5 drop-oldest cuts the client rather than a part of the snapshot', async () => {
    const connections = application.app.get(SseConnections);
    const client = await application.open('/drop-oldest');
    await until(() => rows !== undefined);
    client.pause();
    fill();
    await untilCongested(application);
    for (let row = 0; row < ROWS; row++) rows!.next(KILOBYTE);
    await until(async () => (await connections.count()) === 0);
    expect(rows!.observed).toBe(false);
    client.resume();
    await client.untilClosed();
    expect(client.types).not.toContain('stream-live');
  });

  it.each(['large', 'large-value'])(
    'S1 a client that takes nothing of what is more than it may buffer is cut long before it counts as stalled: %s',
    async (path) => {
      const connections = application.app.get(SseConnections);
      const client = await application.open(`/${path}`);
      client.pause();
      await until(async () => (await connections.count()) === 0);
      client.resume();
      await client.untilClosed();
      expect(client.isComplete).toBe(false);
    },
  );

  it.each(['large', 'large-value'])(
    'S1 a client that reads gets what is more than it may buffer: %s',
    async (path) => {
      const client = await application.open(`/${path}`);
      await client.untilEvents(1);
      expect(client.events[0]!.data).toHaveLength(4 * 1024 * 1024);
    },
  );
});
