import { Cluster } from 'ioredis';
import { memoryEventLog, type EventLog } from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import type { EngineProcess } from '../support/engines.js';
import { startNats } from '../support/nats.js';
import {
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { startRedis, startRedisCluster } from '../support/redis.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

interface Engine {
  readonly process: EngineProcess;
  log(): EventLog;
}

const ENGINES: readonly (readonly [
  string,
  PlatformName,
  () => Promise<Engine>,
])[] = [
  [
    'Redis',
    'express',
    async () => {
      const { url, process } = await startRedis();
      return { process, log: () => redisEventLog({ url }) };
    },
  ],
  [
    'JetStream',
    'fastify',
    async () => {
      const { url, process } = await startNats();
      return { process, log: () => natsEventLog({ servers: url }) };
    },
  ],
];

it('N5 refuses limits over all nodes on a log that cannot count over them', async () => {
  const options = {
    log: memoryEventLog(),
    limits: { scope: 'cluster', total: 10 },
  } as const;
  await expect(
    startApplication('express', authApp(options)),
  ).rejects.toMatchObject({
    code: 'NOT_SUPPORTED',
    message: expect.stringContaining('redisEventLog()'),
  });
});

describe.each(ENGINES)('limits over two nodes on %s, on %s', (...row) => {
  const [, platform, openEngine] = row;
  let engine: Engine;
  let first: TestApplication;
  let second: TestApplication;

  const start = (limits: {
    readonly total?: number;
    readonly perPrincipal?: number;
    readonly perIp?: number;
  }): Promise<TestApplication> =>
    startApplication(
      platform,
      authApp({ log: engine.log(), limits: { scope: 'cluster', ...limits } }),
    );
  const startTwo = async (limits: Parameters<typeof start>[0]) => {
    first = await start(limits);
    second = await start(limits);
  };
  /** Opens a stream; those that were refused are over. */
  const open = (
    node: TestApplication,
    path = '/public',
    headers?: Record<string, string>,
  ): Promise<SseTestClient> => node.open(path, { ...(headers && { headers }) });
  const statusOf = async (...how: Parameters<typeof open>): Promise<number> =>
    (await open(...how)).status;
  /** Waits until a node knows that there is no room, or that there is some again. */
  const untilStatus = (
    status: number,
    ...how: Parameters<typeof open>
  ): Promise<void> =>
    until(async () => {
      const client = await open(...how);
      if (client.status === status) return true;
      client.close();
      return false;
    });

  beforeEach(async () => {
    engine = await openEngine();
  });

  it('N5 hold their streams together to the total, and give places back', async () => {
    await startTwo({ total: 2 });
    const client = await open(first);
    expect(client.status).toBe(200);
    expect(await statusOf(first)).toBe(200);
    await untilStatus(503, second);
    expect(await statusOf(first)).toBe(503);

    client.close();
    await untilStatus(200, second);
    await untilStatus(503, first);
  });

  it('N5 limit a principal on all nodes, and no other one', async () => {
    await startTwo({ perPrincipal: 1 });
    const admit = (id: string) =>
      [first, second].map(({ app }) => app.get(TestAuthenticator).admit(id))[0];
    const [ann, bob] = [admit('ann'), admit('bob')];
    const client = await open(first, '/users/ann/events', ann);
    expect(client.status).toBe(200);
    await untilStatus(429, second, '/users/ann/events', ann);
    expect(await statusOf(second, '/users/bob/events', bob)).toBe(200);
    // What is refused for another reason gives its place back.
    client.close();
    await untilStatus(403, second, '/users/bob/events', ann);
    await untilStatus(200, second, '/users/ann/events', ann);
    await untilStatus(429, first, '/users/ann/events', ann);
  });

  it('N5 count nothing of a node that has left, and all of one that has come', async () => {
    await startTwo({ perIp: 2 });
    expect(await statusOf(first)).toBe(200);
    expect(await statusOf(first)).toBe(200);
    const third = await start({ perIp: 2 });
    await untilStatus(429, third);
    await first.app.close();
    await untilStatus(200, third);
  });

  it('N2 hold for each node while the engine is away, and for all once it is back', async () => {
    await startTwo({ total: 1 });
    const client = await open(first);
    await untilStatus(503, second);
    await engine.process.kill();
    await untilStatus(200, second);
    expect(await statusOf(second)).toBe(503);
    await engine.process.start();
    client.close();
    // The second one still has its stream.
    await until(async () => {
      const again = await open(first);
      again.close();
      return again.status === 503;
    });
  });
});

it('N5 let in exactly as many as there may be of those who come at once, on a Redis Cluster', async () => {
  const servers = await startRedisCluster();
  const hosts = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const nodes: TestApplication[] = [];
  for (const platform of ['express', 'fastify'] as const) {
    const log = redisEventLog({
      client: new Cluster(hosts, { lazyConnect: true }),
    });
    const limits = { scope: 'cluster', total: 7 } as const;
    nodes.push(await startApplication(platform, authApp({ log, limits })));
  }
  const opened = await Promise.all(
    Array.from({ length: 60 }, (_, index) => nodes[index % 2]!.open('/public')),
  );
  const statuses = opened.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(7);
  expect(statuses.filter((status) => status === 503)).toHaveLength(53);
});

it('N5 count again what Redis has forgotten', async () => {
  const server = await startRedis();
  const log = () => redisEventLog({ url: server.url });
  const limits = { scope: 'cluster', total: 2 } as const;
  const first = await startApplication(
    'express',
    authApp({ log: log(), limits }),
  );
  const second = await startApplication(
    'fastify',
    authApp({ log: log(), limits }),
  );
  expect((await first.open('/public')).status).toBe(200);
  await server.command('flushall');
  expect((await first.open('/public')).status).toBe(200);
  expect((await second.open('/public')).status).toBe(503);
});
