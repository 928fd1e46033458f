import { SseException } from '../../base/exception.js';
import { loadPeers } from '../../base/optional-peer.js';

/** What the log needs of a client of ioredis, of version 5 or 6: a `Redis` or a `Cluster`. */
export interface IoRedisClient {
  readonly isCluster?: boolean;
  readonly status: string;
  connect(): Promise<unknown>;
  disconnect(): void;
  duplicate(...overrides: never[]): unknown;
  call(command: string, ...args: string[]): Promise<unknown>;
  pipeline(commands: string[][]): {
    exec(): Promise<[Error | null, unknown][] | null>;
  };
  on(event: string, listener: (argument: never) => void): unknown;
}

/** How the log connects: `url`, `client` and `createClient` exclude each other. */
export interface RedisClientOptions {
  /** `redis://` or `rediss://` URL of one server. */
  readonly url?: string | undefined;
  /** An ioredis client (`Redis` or `Cluster`) whose settings the log's own connections copy; it is not used itself. */
  readonly client?: unknown;
  /** Makes each of the log's connections, with these overrides applied. */
  readonly createClient?:
    ((overrides: RedisClientOverrides) => unknown) | undefined;
}

/** Options that the log's connections must have, in the form of each kind of client. */
export interface RedisClientOverrides {
  /** For `new Redis({ ..., ...redis })`. */
  readonly redis: Readonly<Record<string, unknown>>;
  /** For `new Cluster(nodes, { ..., ...cluster })`. */
  readonly cluster: Readonly<Record<string, unknown>>;
}

const CONNECT_TIMEOUT_MS = 2_000;

// A client that reconnects by itself sends commands again, or never settles them: every connection is used until
// its first failure, and the log makes the next one itself.
const REDIS = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  enableAutoPipelining: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: null,
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  stringNumbers: false,
  keyPrefix: '',
  // Version 6: replies as version 5 gives them.
  protocol: 2,
  replyMapping: 'legacy',
} as const;

const OVERRIDES: RedisClientOverrides = {
  redis: REDIS,
  cluster: {
    lazyConnect: true,
    clusterRetryStrategy: null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    enableAutoPipelining: false,
    maxRedirections: 0,
    scaleReads: 'master',
    keyPrefix: '',
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    redisOptions: { ...REDIS, lazyConnect: undefined },
  },
};

/** Makes a client for one connection, which has not been made yet. */
export async function newClient(
  options: RedisClientOptions,
): Promise<IoRedisClient> {
  const client = await clientOf(options);
  if (isClient(client)) return client;
  throw new SseException(
    'INVALID_OPTIONS',
    'Invalid options of redisEventLog(): createClient must return a new Redis or Cluster of ioredis.',
  );
}

/** Whether something is a client of ioredis. */
export function isClient(value: unknown): value is IoRedisClient {
  if (typeof value !== 'object' || value === null) return false;
  const client = value as Record<string, unknown>;
  return ['connect', 'disconnect', 'duplicate', 'call', 'pipeline', 'on'].every(
    (name) => typeof client[name] === 'function',
  );
}

async function clientOf({
  url,
  client,
  createClient,
}: RedisClientOptions): Promise<unknown> {
  if (createClient !== undefined) return createClient(OVERRIDES);
  if (isClient(client)) return duplicateOf(client);
  const { Redis } = await loadIoredis();
  return new Redis(url!, OVERRIDES.redis);
}

function duplicateOf(client: IoRedisClient): unknown {
  // Their parameters differ: a Redis takes its overrides first, a Cluster its nodes.
  const duplicate = client.duplicate.bind(client) as (
    ...args: unknown[]
  ) => unknown;
  return client.isCluster === true
    ? duplicate([], OVERRIDES.cluster)
    : duplicate(OVERRIDES.redis);
}

interface IoredisModule {
  readonly Redis: new (url: string, options: object) => unknown;
}

async function loadIoredis(): Promise<IoredisModule> {
  return loadPeers(
    'redisEventLog({ url })',
    ['ioredis@^6'],
    // Its two versions differ in types that nobody here uses.
    async () => (await import('ioredis')) as unknown as IoredisModule,
  );
}
