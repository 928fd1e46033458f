import v8 from 'node:v8';
import vm from 'node:vm';
import { Controller, Module, Param } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { CountingClient } from '../support/counting-client.js';
import { streamsOf } from '../support/internals.js';
import {
  PLATFORMS,
  startApplication,
  TLS_PLATFORMS,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const EVENTS = 200_000;
const PADDING = 'x'.repeat(400);
/** What the log may keep, and so what a stalled client could be sent at most. */
const LOG_EVENTS = 5_000;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Twice: what one turn has let go of is external memory until the next. */
const memory = async (): Promise<number> => {
  for (let round = 0; round < 2; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

@Controller()
class NumbersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':topic')
  numbers(@Param('topic') topic: string) {
    return this.bus.stream(topic);
  }
}

const moduleWith = (fastPath: boolean, maxEvents: number): object => {
  @Module({
    imports: [
      SseModule.forRoot({
        fastPath,
        log: memoryEventLog({ maxEvents }),
      }),
    ],
    controllers: [NumbersController],
  })
  class AppModule {}
  return AppModule;
};

describe.each(PLATFORMS)('a reader that stalls on %s', (platform) => {
  it.each([true, false])(
    'S1 S2 S4 costs bounded memory and nobody else, and goes on with a reset: fastPath %s',
    async (fastPath) => {
      const application = await startApplication(
        platform,
        moduleWith(fastPath, LOG_EVENTS),
      );
      const bus = application.app.get(EventBusService);
      const open = (): Promise<CountingClient> =>
        CountingClient.open(`${application.url}/numbers`);
      const stalled = await open();
      stalled.pause();
      const others = [await open(), await open()];
      const publish = async (from: number, to: number): Promise<void> => {
        for (let number = from; number < to; number++) {
          const published = bus.publish('numbers', `${number} ${PADDING}`);
          if (number % 200 === 199) await published;
          if (number % 1_000 !== 999) continue;
          // No faster than the others read: they share this process with the server.
          await until(() => others.every(({ last }) => last >= number - 1_000));
        }
      };
      // Buffers of the kernel and the log are full from here on.
      await publish(0, 40_000);
      const before = await memory();
      await publish(40_000, EVENTS);
      await until(() => others.every(({ last }) => last === EVENTS - 1));
      // 80 MB more were published meanwhile.
      expect((await memory()) - before).toBeLessThan(4 * 1024 * 1024);
      for (const other of others) {
        expect(other).toMatchObject({
          count: EVENTS,
          isBroken: false,
          resets: 0,
        });
      }

      expect(stalled.isClosed).toBe(false);
      stalled.resume();
      await until(() => stalled.last === EVENTS - 1 || stalled.resets > 0);
      await until(async () => {
        await bus.publish('numbers', `${EVENTS} ${PADDING}`);
        return stalled.last === EVENTS;
      });
      expect(stalled.resets).toBe(1);
      for (const client of [stalled, ...others]) client.close();
      await application.close();
    },
  );
});

/** Over TLS no two clients are sent the same bytes, so that nothing is shared below the socket. */
const ways = [...PLATFORMS.map((platform) => ({ platform })), ...TLS_PLATFORMS]
  .flatMap((way) => [
    { tls: undefined, ...way, fastPath: true },
    { tls: undefined, ...way, fastPath: false },
  ])
  .filter(({ tls, fastPath }) => tls !== 'h2' || fastPath);

describe.each(ways)(
  'readers that stall on $platform (TLS: $tls, fastPath: $fastPath)',
  ({ platform, tls, fastPath }) => {
    it('S2 get every event that the log still has, and cost no copy of them', async () => {
      const total = 20_000;
      const padding = 'x'.repeat(1_000);
      const application = await startApplication(
        platform,
        moduleWith(fastPath, 2 * total),
        { tls },
      );
      const bus = application.app.get(EventBusService);
      const open = (topic: string): Promise<CountingClient> =>
        CountingClient.open(`${application.url}/${topic}`, tls);
      /** Publishes all numbers as fast as one client reads them, and gives the memory that is kept. */
      const publishTo = async (
        topic: string,
        reader: CountingClient,
      ): Promise<number> => {
        const before = await memory();
        for (let number = 0; number < total; number++) {
          const published = bus.publish(topic, `${number} ${padding}`);
          if (number % 200 !== 199) continue;
          await published;
          await until(() => reader.last >= number - 1_000);
        }
        await until(() => reader.last === total - 1);
        return (await memory()) - before;
      };

      const keptByLog = await publishTo('alone', await open('alone'));
      const reader = await open('numbers');
      const stalled: CountingClient[] = [];
      while (stalled.length < 5) {
        const client = await open('numbers');
        client.pause();
        stalled.push(client);
      }
      // Even unsent chunks that all of them shared would be 20 MB.
      const keptWithStalled = await publishTo('numbers', reader);
      expect(keptWithStalled - keptByLog).toBeLessThan(10 * 1024 * 1024);
      const behind = streamsOf(application).open.filter(
        ({ blocksSent }) => blocksSent < total,
      );
      expect(behind).toHaveLength(stalled.length);

      for (const client of stalled) client.resume();
      await until(() => stalled.every(({ last }) => last === total - 1));
      for (const client of stalled) {
        expect(client).toMatchObject({
          count: total,
          isBroken: false,
          resets: 0,
          isClosed: false,
        });
      }
      for (const client of [reader, ...stalled]) client.close();
      await application.close();
    });
  },
);
