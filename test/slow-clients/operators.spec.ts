import { Controller } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { filter, map, merge, Subject } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { untilCongested } from '../support/congestion.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

const KILOBYTES_16 = 'x'.repeat(16 * 1024);
/** 16 MB: more than the buffers of a loopback connection take. */
const EVENTS = 1_000;

interface Numbered {
  readonly number: number;
  readonly padding: string;
}

let notices: Subject<string>;

@Controller()
class OperatorsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('even')
  even() {
    return this.bus.stream('numbers').pipe(
      map(({ data }) => data as Numbered),
      filter(({ number }) => number % 2 === 0),
      map(({ number, padding }) => `${number} ${padding}`),
    );
  }

  @SseStream('merged-latest', {
    slowConsumer: { policy: 'latest', key: () => 'notice' },
  })
  mergedLatest() {
    return this.#merged();
  }

  @SseStream('merged-disconnect', {
    slowConsumer: { policy: 'disconnect', maxBufferedBytes: 64 * 1024 },
  })
  mergedDisconnect() {
    return this.#merged();
  }

  #merged() {
    return merge(
      this.bus.stream('numbers').pipe(
        map(({ data }) => data as Numbered),
        map(({ number, padding }) => `${number} ${padding}`),
      ),
      notices,
    );
  }
}

const AppModule = appOf([OperatorsController]);

describe.each(ALL_PLATFORMS)(
  'slow clients behind operators on %s',
  (platform) => {
    let application: TestApplication;
    let bus: EventBusService;

    beforeAll(async () => {
      application = await startApplication(platform, AppModule);
      bus = application.app.get(EventBusService);
    });

    beforeEach(() => {
      notices = new Subject();
    });

    afterAll(() => application.close());

    const publish = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number++) {
        await bus.publish('numbers', { number, padding: KILOBYTES_16 });
        // A turn in which sockets are written to.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };

    const openPaused = async (path: string): Promise<SseTestClient> => {
      const client = await application.open(path);
      await client.untilType('stream-live');
      client.pause();
      return client;
    };

    const firstWords = (client: SseTestClient): string[] =>
      client.events.map(({ data }) => data!.split(' ', 1)[0]!);

    const close = async (client: SseTestClient): Promise<void> => {
      client.close();
      const connections = application.app.get(SseConnections);
      await until(async () => (await connections.count()) === 0);
    };

    const numbers = (count: number, step = 1): string[] =>
      Array.from({ length: count }, (_, index) => String(index * step));

    it('S2 loses nothing and repeats nothing, once the client reads on', async () => {
      const client = await openPaused('/even');
      await publish(0, 2 * EVENTS);
      await untilCongested(application);
      client.resume();
      await client.until(({ events }) => events.length >= EVENTS);
      await publish(2 * EVENTS, 2 * EVENTS + 1);
      await client.until(({ events }) => events.length > EVENTS);
      expect(firstWords(client)).toEqual(numbers(EVENTS + 1, 2));
      expect(client.types).not.toContain('stream-reset');
      const ids = client.events.map(({ id }) => id);
      expect(ids).not.toContain(undefined);
      expect(new Set(ids).size).toBe(EVENTS + 1);
      const last = client.lastId;
      await close(client);

      // The ids that came by this way are cursors like any other.
      const next = await application.open('/even', { lastEventId: last! });
      await publish(2 * EVENTS + 2, 2 * EVENTS + 3);
      await next.untilEvents(1);
      expect(firstWords(next)).toEqual([String(2 * EVENTS + 2)]);
      await close(next);
    });

    it('S3 keeps by policy what an operator emits meanwhile, and loses no event of the bus', async () => {
      const client = await openPaused('/merged-latest');
      await publish(0, EVENTS);
      await untilCongested(application);
      for (let number = 0; number < 100; number++)
        notices.next(`notice-${number}`);
      client.resume();
      await client.until(({ events }) => events.length >= EVENTS + 1);
      await publish(EVENTS, EVENTS + 1);
      await client.until(({ events }) => events.length > EVENTS + 1);
      const words = firstWords(client);
      expect(words.filter((word) => word.startsWith('notice'))).toEqual([
        'notice-99',
      ]);
      expect(words.filter((word) => !word.startsWith('notice'))).toEqual(
        numbers(EVENTS + 1),
      );
      const notice = client.events.find(({ data }) => data === 'notice-99');
      expect(notice?.id).toBeUndefined();
      await close(client);
    });

    it('S3 cuts a client for what an operator emits, not for what the bus has', async () => {
      const client = await openPaused('/merged-disconnect');
      const connections = application.app.get(SseConnections);
      await publish(0, EVENTS);
      await untilCongested(application);
      expect(await connections.count()).toBe(1);
      for (let number = 0; number < 5; number++) notices.next(KILOBYTES_16);
      await until(async () => (await connections.count()) === 0);
      expect(notices.observed).toBe(false);
      client.resume();
      await client.untilClosed();
      expect(client.isComplete).toBe(false);
    });
  },
);
