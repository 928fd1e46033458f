import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { Controller, Logger } from '@nestjs/common';
import { SseModule, SseStream } from 'nestjs-event-stream';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { StreamRuns, StreamRunsModule } from 'nestjs-event-stream/runs';
import { Subject } from 'rxjs';
import { ForkedProgram } from '../support/forked-program.js';
import { atEnd } from '../support/at-end.js';
import { startNats } from '../support/nats.js';
import { startApplication, type PlatformName } from '../support/platforms.js';
import { startRedis } from '../support/redis.js';
import { SseTestClient, type OpenOptions } from '../support/sse-client.js';
import { until } from '../support/until.js';

const program = fileURLToPath(new URL('./run-node.mjs', import.meta.url));

const LEASE_MS = 2_500;

/** More than a test waits for. */
const ENDLESS = 1_000_000;

/** Where the nodes keep their runs. */
interface RunEngine {
  readonly engine: 'redis' | 'nats';
  /** Those of the engine's log. */
  readonly options: object;
}

const ENGINES: (readonly [string, () => Promise<RunEngine>])[] = [
  [
    'Redis',
    async () => {
      const { url } = await startRedis();
      return { engine: 'redis', options: { url } };
    },
  ],
];
if (process.env['TEST_MATRIX'] === 'full') {
  ENGINES.push([
    'JetStream',
    async () => {
      const { url: servers } = await startNats();
      return { engine: 'nats', options: { servers } };
    },
  ]);
}

/** What a node says of a run, and of all runs that it has produced. */
interface RunReport {
  readonly status?: string;
  readonly started: readonly string[];
  readonly aborted: readonly string[];
}

class RunNode {
  private constructor(
    readonly program: ForkedProgram,
    private readonly url: string,
  ) {}

  static async start(
    platform: PlatformName,
    { engine, options }: RunEngine,
  ): Promise<RunNode> {
    const settings = JSON.stringify({
      platform,
      engine,
      options,
      leaseMs: LEASE_MS,
    });
    const started = await ForkedProgram.start<{ port: number }>(
      program,
      settings,
    );
    const { port } = started.ready;
    return new RunNode(started.program, `http://127.0.0.1:${port}/runs`);
  }

  begin(id: string, count: number): Promise<SseTestClient> {
    return this.#open(`${id}?count=${count}`, { method: 'POST' });
  }

  attach(id: string, lastEventId?: string): Promise<SseTestClient> {
    return this.#open(id, { lastEventId });
  }

  async status(id: string): Promise<RunReport> {
    const response = await fetch(`${this.url}/${id}/status`);
    return (await response.json()) as RunReport;
  }

  async stop(id: string): Promise<unknown> {
    const response = await fetch(`${this.url}/${id}/stop`, { method: 'POST' });
    return response.json();
  }

  async #open(path: string, options: OpenOptions): Promise<SseTestClient> {
    const client = await SseTestClient.open(`${this.url}/${path}`, options);
    atEnd('a client', () => client.close());
    return client;
  }
}

const dataOf = (client: SseTestClient) => client.events.map(({ data }) => data);
const numbers = (count: number) =>
  Array.from({ length: count }, (_, index) => `${index}`);

/** Waits until a stream has told that its run is lost, and is closed. */
async function untilLost(client: SseTestClient): Promise<void> {
  const { data } = await client.untilType('stream-error');
  expect(JSON.parse(data!)).toMatchObject({
    code: 'RUN_LOST',
    retryable: false,
  });
  await client.untilClosed();
}

// Two processes with an engine: where one of them is killed, the other must tell.
describe.each(ENGINES)('runs on two nodes with %s', (_name, openEngine) => {
  let engine: RunEngine;
  let first: RunNode;
  let second: RunNode;

  beforeAll(async () => {
    engine = await openEngine();
    second = await RunNode.start('fastify', engine);
  });

  beforeEach(async () => {
    first = await RunNode.start('express', engine);
  });

  it('G2 lose nothing of 2,000 tokens for a client that goes from node to node', async () => {
    const client = await first.begin('long', 2_000);
    const whole = await second.attach('long');
    const seen: (string | undefined)[] = [];
    let part = client;
    for (const node of [second, first, second]) {
      await part.untilEvents(150);
      const taken = part.events.slice();
      part.close();
      seen.push(...taken.map(({ data }) => data));
      part = await node.attach('long', taken.at(-1)!.id);
    }
    await part.untilType('stream-end');
    expect([...seen, ...dataOf(part)]).toEqual(numbers(2_000));
    await whole.untilType('stream-end');
    expect(dataOf(whole)).toEqual(numbers(2_000));
    expect(await second.status('long')).toMatchObject({
      status: 'completed',
    });
  });

  it('G1 are produced by one node, whichever is asked, and stopped by the other', async () => {
    const clients = await Promise.all(
      [first, second, first, second].map((node) => node.begin('one', ENDLESS)),
    );
    for (const client of clients) await client.untilEvents(10);
    const reports = [await first.status('one'), await second.status('one')];
    expect(reports.flatMap(({ started }) => started)).toEqual(['one']);
    const [producer, other] = reports[0]!.started.includes('one')
      ? [first, second]
      : [second, first];
    expect(await other!.stop('one')).toEqual({ stopped: true });
    for (const client of clients) await client.untilType('stream-end');
    expect((await producer!.status('one')).aborted).toEqual(['one']);
  });

  it('G3 end as lost where their node is killed, for those who are there and those who come', async () => {
    await first.begin('killed', ENDLESS);
    const client = await second.attach('killed');
    await client.untilEvents(10);
    await first.program.end();
    await untilLost(client);
    const later = await second.attach('killed');
    await untilLost(later);
    expect(dataOf(later)).toEqual(dataOf(client));
    expect(await second.status('killed')).toMatchObject({ status: 'lost' });
  });

  it('G3 end as lost where their node is silent for too long, which then gives them up', async () => {
    await first.begin('silent', ENDLESS);
    const client = await second.attach('silent');
    await client.untilEvents(10);
    first.program.freeze();
    await untilLost(client);
    first.program.thaw();
    await until(
      async () => (await first.status('silent')).aborted.length === 1,
    );
    await until(async () => (await first.status('silent')).status === 'lost');
    const later = await first.attach('silent');
    await untilLost(later);
  });
});

@Controller()
class AttachController {
  constructor(private readonly runs: StreamRuns) {}

  @SseStream('run')
  attach() {
    return this.runs.attach('run');
  }
}

it('G3 end as they did once the log is back, where it was away at their end', async () => {
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  atEnd('the silence', () => jest.restoreAllMocks());
  const server = await startRedis({ appendonly: 'yes', appendfsync: 'always' });
  const log = redisEventLog({ url: server.url, publishTimeoutMs: 300 });
  const application = await startApplication('express', {
    module: class RunsModule {},
    imports: [
      SseModule.forRoot({ log }),
      StreamRunsModule.forRoot({ leaseMs: 600 }),
    ],
    controllers: [AttachController],
  });
  const turns = new Subject<string>();
  await application.app.get(StreamRuns).start('run', () => turns);
  const client = await application.open('/run');
  turns.next('one');
  await client.untilEvents(1);
  await server.process.kill();
  turns.error(new Error('The model has failed.'));
  await until(() => log.health!.state.status === 'down');
  await server.process.start();
  const { data } = await client.untilType('stream-error');
  expect(JSON.parse(data!)).toMatchObject({ code: 'RUN_FAILED' });
  await client.untilClosed();
});

it('G3 end as lost where nobody was there when their node was killed', async () => {
  const server = await startRedis();
  const engine = { engine: 'redis', options: { url: server.url } } as const;
  const first = await RunNode.start('express', engine);
  const client = await first.begin('alone', ENDLESS);
  await client.untilEvents(10);
  await first.program.end();
  const leases = () => server.command('keys', '{sse}:key:run-lease:*');
  await until(async () => ((await leases()) as string[]).length === 0);
  const second = await RunNode.start('fastify', engine);
  const later = await second.attach('alone', client.events[0]!.id);
  await untilLost(later);
  expect(dataOf(later)[0]).toBe('1');
});
