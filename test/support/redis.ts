import { Redis } from 'ioredis';
import { Disposer, EngineProcess, freePort } from './engines.js';
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

/** Starts a server that keeps its data in memory only, unless its options say otherwise. */
export async function startRedis(
  disposer: Disposer,
  options: Readonly<Record<string, string>> = {},
): Promise<RedisServer> {
  const port = await freePort();
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
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    ...options,
  };
  const server = new EngineProcess(
    SERVER,
    (folder) =>
      Object.entries({ ...settings, dir: folder }).flatMap(([name, value]) => [
        `--${name}`,
        value,
      ]),
    async () => (await command('ping')) === 'PONG',
  );
  disposer.add(() => server.dispose());
  await server.start();
  return { port, url: `redis://127.0.0.1:${port}`, process: server, command };
}

/** Starts three masters that share the slots. */
export async function startRedisCluster(
  disposer: Disposer,
): Promise<readonly RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let index = 0; index < 3; index++) {
    nodes.push(
      await startRedis(disposer, {
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
