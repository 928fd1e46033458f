import { CountingClient } from '../support/counting-client.js';
import { MeasuredServer } from '../support/measured-server.js';
import { PLATFORMS, TLS_PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

const MEGABYTE = 2 ** 20;
/** Two busy processes, and tens of megabytes between them. */
const TIMEOUT_MS = 120_000;

/** Publishes a range of numbers no faster than these clients read them. */
async function publishTo(
  readers: readonly CountingClient[],
  server: MeasuredServer,
  { topic, from, to, bytes }: Parameters<MeasuredServer['publish']>[0],
): Promise<void> {
  const step = Math.ceil(MEGABYTE / bytes);
  for (let next = from; next < to; next += step) {
    const end = Math.min(next + step, to);
    await server.publish({ topic, from: next, to: end, bytes });
    await until(() => readers.every(({ last }) => last === end - 1));
  }
}

describe.each(PLATFORMS)('a reader that stalls on %s', (platform) => {
  it.each([true, false])(
    'S1 S2 S4 costs bounded memory and nobody else, and goes on with a reset: fastPath %s',
    async (fastPath) => {
      const topic = 'numbers';
      const bytes = 1_000;
      const total = 60_000;
      const server = await MeasuredServer.start({
        platform,
        fastPath,
        maxEvents: 2_000,
      });
      const open = () => CountingClient.open(`${server.url}/${topic}`);
      const stalled = await open();
      stalled.pause();
      const others = [await open(), await open()];
      // Buffers of the kernel and the log are full from here on.
      const full = total / 3;
      await publishTo(others, server, { topic, from: 0, to: full, bytes });
      const before = await server.memory();
      await publishTo(others, server, { topic, from: full, to: total, bytes });
      // 40 MB more were published meanwhile.
      const after = await server.memory();
      expect(after.total - before.total).toBeLessThan(2 * MEGABYTE);
      for (const other of others) {
        expect(other).toMatchObject({
          count: total,
          isBroken: false,
          resets: 0,
        });
      }

      expect(stalled.isClosed).toBe(false);
      stalled.resume();
      // The log has moved on: what is published after the reset is the next that it gets.
      await until(() => stalled.resets === 1);
      await publishTo([stalled], server, {
        topic,
        from: total,
        to: total + 1,
        bytes,
      });
      expect(stalled.resets).toBe(1);
      expect(stalled.isBroken).toBe(false);
    },
    TIMEOUT_MS,
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
    it(
      'S2 get every event that the log still has, and cost no copy of them',
      async () => {
        const total = 2_000;
        const bytes = 10_000;
        const server = await MeasuredServer.start({
          platform,
          tls: tls !== undefined,
          fastPath,
          maxEvents: 2 * total,
        });
        const open = (topic: string): Promise<CountingClient> =>
          CountingClient.open(`${server.url}/${topic}`, tls);
        /** Publishes all numbers as fast as one client reads them, and gives the memory that is kept. */
        const keptBy = async (
          topic: string,
          reader: CountingClient,
        ): Promise<number> => {
          const before = await server.memory();
          const range = { topic, from: 0, to: total, bytes };
          await publishTo([reader], server, range);
          return (await server.memory()).total - before.total;
        };

        const keptByLog = await keptBy('alone', await open('alone'));
        const reader = await open('numbers');
        const stalled: CountingClient[] = [];
        while (stalled.length < 5) {
          const client = await open('numbers');
          client.pause();
          stalled.push(client);
        }
        // What a socket was handed in its last turn, 1 MB here, waits in it: over TLS a copy for each.
        const waiting = tls === undefined ? 0 : stalled.length * MEGABYTE;
        // Even unsent chunks that all of them shared would be most of 20 MB.
        const keptWithStalled = await keptBy('numbers', reader);
        expect(keptWithStalled - keptByLog).toBeLessThan(
          4 * MEGABYTE + waiting,
        );
        // The two readers have all.
        const sent = await server.sent();
        expect(sent.filter((count) => count < total)).toHaveLength(
          stalled.length,
        );

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
      },
      TIMEOUT_MS,
    );
  },
);
