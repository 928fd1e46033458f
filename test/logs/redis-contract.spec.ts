import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { describeEventLog } from 'nestjs-event-stream/testing';
import {
  promoteReplica,
  startRedis,
  startRedisCluster,
  startSentinel,
  type RedisServer,
  type SentinelSet,
} from '../support/redis.js';

let server: RedisServer;
let cluster: readonly RedisServer[];
let logs = 0;

beforeAll(async () => {
  server = await startRedis();
  cluster = await startRedisCluster();
});

const RETENTION = ['maxEvents', 'maxAgeMs'] as const;
const prefix = (): string => `contract:${logs++}`;
const nodes = () => cluster.map(({ port }) => ({ host: '127.0.0.1', port }));

describeEventLog(
  'the Redis log, by URL',
  ({ maxEvents, maxAgeMs } = {}) =>
    redisEventLog({ url: server.url, prefix: prefix(), maxEvents, maxAgeMs }),
  { retention: RETENTION },
);

describeEventLog(
  'the Redis log with a window of two events',
  ({ maxEvents, maxAgeMs } = {}) =>
    redisEventLog({
      url: server.url,
      prefix: prefix(),
      maxEvents,
      maxAgeMs,
      window: { maxEvents: 2 },
    }),
  { retention: RETENTION },
);

describeEventLog('the Redis log, with a client of ioredis 5', () =>
  redisEventLog({
    client: new Redis5(server.url, { lazyConnect: true }),
    prefix: prefix(),
  }),
);

describeEventLog('the Redis log, with a client that speaks RESP3', () =>
  redisEventLog({
    client: new Redis(server.url, {
      lazyConnect: true,
      protocol: 3,
      replyMapping: 'resp3',
    }),
    prefix: prefix(),
  }),
);

describeEventLog('the Redis log on a Cluster', () =>
  redisEventLog({
    client: new Cluster(nodes(), { lazyConnect: true }),
    prefix: prefix(),
  }),
);

describeEventLog('the Redis log on a Cluster, with ioredis 5', () =>
  redisEventLog({
    createClient: (overrides) => new Cluster5(nodes(), overrides.cluster),
    prefix: prefix(),
  }),
);

describe('behind a promotion', () => {
  let set: SentinelSet;

  beforeAll(async () => {
    set = await startSentinel();
    await promoteReplica(set);
  }, 90_000);

  describeEventLog('the Redis log through a Sentinel', () =>
    redisEventLog({
      client: new Redis({
        sentinels: [{ host: '127.0.0.1', port: set.sentinel.port }],
        name: set.name,
        lazyConnect: true,
      }),
      prefix: prefix(),
    }),
  );
});
