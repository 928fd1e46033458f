import { join } from 'node:path';
import { temporaryFolder } from '../support/folder.js';
import { Consumer, type ConsumerOptions, run } from './consumer.js';

const root = join(import.meta.dirname, '../..');

const guide = join(root, 'docs/testing.md');

const consumers: ConsumerOptions[] = [
  { nest: 12, platform: 'fastify' },
  { nest: 11, platform: 'express' },
];
if (process.env.TEST_MATRIX === 'full') {
  consumers.push(
    { nest: 12, platform: 'express' },
    { nest: 11, platform: 'fastify' },
  );
}

/** One line for each of those who publish in `consumer/src/stream-to-users.ts`. */
const byEach = (line: (by: string) => string) =>
  ['by eve', 'by ann', 'by the server'].map(line);

const installTimeoutMs = 300_000;

describe('the package nestjs-event-stream', () => {
  let tarball: string;

  beforeAll(async () => {
    const folder = await temporaryFolder('tarball');
    // Without its scripts, because `npm test` has just built it and other tests may be using that build.
    const packed = await run(
      `npm pack --json --ignore-scripts --pack-destination ${folder}`,
      join(root, 'libs/sse'),
    );
    tarball = join(folder, JSON.parse(packed)[0].filename);
  });

  it('is a sound package to publint', async () => {
    await run(`npx publint run ${tarball} --strict`, root);
  });

  it('has right types for every way of importing it', async () => {
    await run(`npx attw ${tarball} --profile node16`, root);
  });

  describe.each(consumers)(
    'in an application of Nest $nest on $platform',
    (options) => {
      let consumer: Consumer;

      beforeAll(async () => {
        consumer = await Consumer.install(options, tarball);
        await consumer.run('npx tsc');
      }, installTimeoutMs);

      it('streams an event and closes', async () => {
        const text = await consumer.run('node dist/main.js');
        expect(text).toContain('event: stream-open');
        expect(text).toContain('event: order.shipped');
      });

      it('describes its streams in an OpenAPI document', async () => {
        const text = await consumer.run('node dist/openapi.main.js');
        expect(text).toContain('#/components/schemas/OrderShipped');
      });

      it('W7 is refused by @nestjs/throttler as any route, and open streams stay open', async () => {
        const text = await consumer.run('node dist/throttled.main.js');
        expect(text).toMatch(/^429 \d+\nstill open$/m);
      });

      it('is added to an application by nest add', async () => {
        const text = await consumer.addToNewApplication();
        expect(text).toContain('"Hello" was answered with 201');
        expect(text).toContain('42 was answered with 400');
        expect(text).toContain(
          'event: headline.posted\ndata: {"title":"Hello"}',
        );
      });

      it.each([
        ['a Redis log', 'redis', '"ioredis@'],
        ['a JetStream log', 'nats', '"@nats-io/transport-node@'],
        ['metrics', 'metrics', '"prom-client@'],
        ['tracing', 'tracing', '"@opentelemetry/api@'],
      ])('says what to install for %s', async (_name, main, install) => {
        const text = await consumer.run(`node dist/${main}.main.js`);
        expect(text).toContain('MISSING_PACKAGE');
        expect(text).toContain(`npm install ${install}`);
      });

      it("W6 A3 runs each user's streams in that user's nestjs-cls context, whoever publishes", async () => {
        const text = await consumer.run('node dist/users.main.js');
        const received = JSON.parse(text.slice(text.indexOf('{"ann')));
        const expected = ['ann', 'bob'].flatMap((user) => {
          const inContext = `filter ${user}, map ${user}`;
          return [
            [
              `${user} /news/options`,
              [`snapshot ${user}`, ...byEach((by) => `${by}: ${inContext}`)],
            ],
            [
              `${user} /news/operators`,
              [
                `snapshot ${user}`,
                ...byEach((by) => `${by}: ${inContext}, operator ${user}`),
              ],
            ],
            [`${user} /news/shared`, byEach((by) => `${by}: shared nobody`)],
          ];
        });
        expect(received).toEqual(Object.fromEntries(expected));
      });

      if (options.nest === 11) {
        it('W6 logs by nestjs-pino with the request of the subscriber, whoever publishes', async () => {
          const text = await consumer.run('node dist/logged.main.js');
          const lines = text
            .split('\n')
            .filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line));
          const req = expect.objectContaining({ url: '/news?from=ann' });
          for (const msg of ['filter hello', 'request completed'])
            expect(lines).toContainEqual(expect.objectContaining({ msg, req }));
        });

        it("runs the testing guide's examples in its own Jest suite, beside a test of its own", async () => {
          const isForJest = (code: string) => !code.includes("from 'vitest'");
          expect(await consumer.addExamples(guide, isForJest)).toBe(1);
          await consumer.run('npx jest --ci');
        });
      } else {
        it("runs the testing guide's examples in Vitest", async () => {
          const isForVitest = (code: string) => code.includes("from 'vitest'");
          expect(await consumer.addExamples(guide, isForVitest)).toBe(3);
          await consumer.run('npx vitest run src/guide');
        });
      }
    },
  );
});
