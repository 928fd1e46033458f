import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { atEnd } from './at-end.js';
import { EngineProcess, freePort } from './engines.js';
import { until } from './until.js';

const SERVER = process.env['REDIS_SERVER_PATH'] ?? 'redis-server';

/** A Redis server of a test's own. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly process: EngineProcess;
  /** Runs a command as somebody else would, on a connection of its own. */
  command(...command: string[]): Promise<unknown>;
}

/**
 * Starts a server that keeps its data in memory only, unless its options say otherwise.
 * @param sentinel the lines of its configuration, if it is a Sentinel
 */
export async function startRedis(
  options: Readonly<Record<string, string>> = {},
  sentinel?: readonly string[],
): Promise<RedisServer> {
  const port = Number(options['port'] ?? (await freePort()));
  const command = async (...words: string[]): Promise<unknown> => {
    const client = new Redis(port, '127.0.0.1', {
      lazyConnect: true,
      retryStrategy: null,
      connectTimeout: 2_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(words[0]!, ...words.slice(1));
    } finally {
      client.disconnect();
    }
  };
  const data = { save: '', appendonly: 'no' };
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    ...(sentinel === undefined && data),
    ...options,
  };
  const server = new EngineProcess(
    SERVER,
    (folder) => [
      ...(sentinel === undefined ? [] : sentinelFile(folder, sentinel)),
      ...Object.entries({ ...settings, dir: folder }).flatMap(
        ([name, value]) => [
          `--${name}`,
          ...(name === 'replicaof' ? value.split(' ') : [value]),
        ],
      ),
    ],
    async () => (await command('ping')) === 'PONG',
  );
  atEnd(`the Redis server at port ${port}`, () => server.dispose());
  await server.start();
  return { port, url: `redis://127.0.0.1:${port}`, process: server, command };
}

/** Starts three masters that share the slots. */
export async function startRedisCluster(): Promise<readonly RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let index = 0; index < 3; index++) {
    nodes.push(
      await startRedis({
        'cluster-enabled': 'yes',
        'cluster-config-file': 'nodes.conf',
        'cluster-node-timeout': '2000',
      }),
    );
  }
  const share = Math.ceil(16_384 / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const from = index * share;
    const to = Math.min(16_383, from + share - 1);
    await node.command('cluster', 'ADDSLOTSRANGE', String(from), String(to));
    await node.command('cluster', 'MEET', '127.0.0.1', String(nodes[0]!.port));
  }
  for (const node of nodes) {
    await until(
      async () =>
        String(await node.command('cluster', 'INFO')).includes(
          'cluster_state:ok',
        ),
      'the cluster is complete',
      30_000,
    );
  }
  return nodes;
}

/** A master with a replica, and a Sentinel that promotes the replica when the master is gone. */
export interface SentinelSet {
  readonly servers: readonly RedisServer[];
  readonly sentinel: RedisServer;
  readonly name: string;
  /** The port of the present master. */
  master(): Promise<number>;
}

export async function startSentinel(): Promise<SentinelSet> {
  const name = 'main';
  const master = await startRedis();
  const replica = await startRedis({
    replicaof: `127.0.0.1 ${master.port}`,
  });
  await until(async () => {
    const info = String(await replica.command('info', 'replication'));
    return info.includes('master_link_status:up');
  });
  const sentinel = await startRedis({}, [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 1000`,
    `sentinel failover-timeout ${name} 5000`,
  ]);
  await until(
    async () => {
      const replicas = await sentinel.command('sentinel', 'replicas', name);
      return Array.isArray(replicas) && replicas.length === 1;
    },
    'the Sentinel knows the replica',
    30_000,
  );
  return {
    servers: [master, replica],
    sentinel,
    name,
    master: async () => {
      const address = await sentinel.command(
        'sentinel',
        'get-master-addr-by-name',
        name,
      );
      return Number((address as string[])[1]);
    },
  };
}

/** Ends the master, and waits until the Sentinel has made a master of the replica. */
export async function promoteReplica({
  servers: [master, replica],
  master: portOfMaster,
}: SentinelSet): Promise<void> {
  await master!.process.kill();
  await until(
    async () => (await portOfMaster()) === replica!.port,
    'the promotion',
  );
}

// A Sentinel writes what it finds out into its file.
function sentinelFile(folder: string, lines: readonly string[]): string[] {
  const path = join(folder, 'sentinel.conf');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return [path, '--sentinel'];
}
