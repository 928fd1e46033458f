import { Logger } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { atEnd } from '../support/at-end.js';
import { FaultRun, startNode } from '../support/faults/fault-run.js';
import { SilentProxy } from '../support/faults/silent-proxy.js';
import {
  startRedis,
  startRedisCluster,
  promoteReplica,
  startSentinel,
  type RedisServer,
  type SentinelSet,
} from '../support/redis.js';
import { until } from '../support/until.js';

Logger.overrideLogger(false);

type RedisLogOptions = Parameters<typeof redisEventLog>[0];

describe('a Redis log whose server is another one', () => {
  let logs: ReturnType<typeof redisEventLog>[];
  let run: FaultRun;

  const begin = async (options: () => RedisLogOptions): Promise<void> => {
    logs = [1, 2].map(() =>
      redisEventLog({ publishTimeoutMs: 2_000, ...options() }),
    );
    const nodes = [
      await startNode('express', logs[0]!),
      await startNode('fastify', logs[1]!),
    ];
    run = new FaultRun(nodes);
    await run.start();
  };
  const startProxy = async (target: RedisServer): Promise<SilentProxy> => {
    const proxy = new SilentProxy(target.port);
    await proxy.start();
    return proxy;
  };
  const areUp = () => logs.every(({ health }) => health?.state.status === 'up');
  const areDown = () =>
    logs.every(({ health }) => health?.state.status === 'down');
  const resets = () => run.clients.reduce((sum, one) => sum + one.resets, 0);
  const isInStep = async (replica: RedisServer): Promise<boolean> =>
    String(await replica.command('info', 'replication')).includes(
      'master_link_status:up',
    );

  it('N2 goes on behind a network that went silent without an end', async () => {
    const server = await startRedis();
    const proxy = await startProxy(server);
    await begin(() => ({ url: `redis://127.0.0.1:${proxy.port}` }));
    proxy.mute();
    await until(areDown);
    proxy.unmute();
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N4 resets every client where a replica was promoted that had not got the last entries', async () => {
    const master = await startRedis();
    const replication = await startProxy(master);
    const replica = await startRedis({
      replicaof: `127.0.0.1 ${replication.port}`,
    });
    await until(() => isInStep(replica));
    const address = await startProxy(master);
    await begin(() => ({ url: `redis://127.0.0.1:${address.port}` }));
    replication.mute();
    await run.publishedMore(100);
    await master.process.kill();
    address.target = replica.port;
    await replica.command('replicaof', 'no', 'one');
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  });

  it('B2 says that it does not know of events that too few replicas have (minReplicas)', async () => {
    const master = await startRedis();
    const replication = await startProxy(master);
    const replica = await startRedis({
      replicaof: `127.0.0.1 ${replication.port}`,
    });
    await until(() => isInStep(replica));
    const address = await startProxy(master);
    await begin(() => ({
      url: `redis://127.0.0.1:${address.port}`,
      minReplicas: 1,
    }));
    replication.mute();
    await until(() => run.ledger.count('unknown') > 20);
    await master.process.kill();
    address.target = replica.port;
    await replica.command('replicaof', 'no', 'one');
    const further = await startRedis({
      replicaof: `127.0.0.1 ${replica.port}`,
    });
    await until(() => isInStep(further));
    expect(await run.finish()).toEqual([]);
  });

  const throughSentinel = async (): Promise<SentinelSet> => {
    const set = await startSentinel();
    await begin(() => ({
      client: new Redis({
        sentinels: [{ host: '127.0.0.1', port: set.sentinel.port }],
        name: set.name,
        lazyConnect: true,
      }),
    }));
    return set;
  };

  it('N4 follows a Sentinel to the master that it promotes', async () => {
    const set = await throughSentinel();
    await promoteReplica(set);
    expect(await run.finish()).toEqual([]);
  }, 90_000);

  it('N4 resets every client where a Sentinel promoted a replica that had not got the last entries', async () => {
    const set = await throughSentinel();
    await cutReplicaOff(set.servers[0]!);
    await run.publishedMore(100);
    await promoteReplica(set);
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  }, 90_000);

  it('N2 follows its slot to another node of a Cluster', async () => {
    const nodes = await startRedisCluster();
    await begin(() => ({
      client: new Cluster(
        nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
        { lazyConnect: true },
      ),
    }));
    await moveSlot(nodes, '{sse}:log');
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });
});

/** A master that gives its replica nothing more, and does not notice: the replica has not got its new password. */
async function cutReplicaOff(master: RedisServer): Promise<void> {
  const client = new Redis(master.url);
  atEnd('the client of the master', () => client.disconnect());
  // Who is connected stays so.
  await client.config('SET', 'requirepass', 'secret');
  await client.call('client', 'kill', 'TYPE', 'replica');
  await until(async () =>
    (await client.info('replication')).includes('connected_slaves:0'),
  );
  client.disconnect();
}

/** Moves the slot of a key to another master while it is in use. */
async function moveSlot(
  nodes: readonly RedisServer[],
  key: string,
): Promise<void> {
  const slot = String(await nodes[0]!.command('cluster', 'KEYSLOT', key));
  const holders = await Promise.all(
    nodes.map(async (node) => {
      const keys = (await node.command(
        'cluster',
        'COUNTKEYSINSLOT',
        slot,
      )) as number;
      return { node, keys, id: String(await node.command('cluster', 'MYID')) };
    }),
  );
  const from = holders.find(({ keys }) => keys > 0)!;
  const to = holders.find((holder) => holder !== from)!;
  await to.node.command('cluster', 'SETSLOT', slot, 'IMPORTING', from.id);
  await from.node.command('cluster', 'SETSLOT', slot, 'MIGRATING', to.id);
  for (;;) {
    const keys = (await from.node.command(
      'cluster',
      'GETKEYSINSLOT',
      slot,
      '100',
    )) as string[];
    if (keys.length === 0) break;
    await from.node.command(
      'migrate',
      '127.0.0.1',
      String(to.node.port),
      '',
      '0',
      '5000',
      'KEYS',
      ...keys,
    );
  }
  for (const { node } of [to, ...holders.filter((one) => one !== to)])
    await node.command('cluster', 'SETSLOT', slot, 'NODE', to.id);
}
