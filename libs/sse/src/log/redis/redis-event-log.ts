import { checkOptions } from '../../base/option-rules.js';
import { SseException } from '../../base/exception.js';
import type { EventLog } from '../event-log.js';
import { RemoteEventLog } from '../remote/remote-event-log.js';
import { isClient, type RedisClientOptions } from './redis-client.js';
import { RedisEngine } from './redis-engine.js';
import { RedisKeys } from './redis-keys.js';
import { RedisLink } from './redis-link.js';

/** Where the log is, and how much of it is kept. One of `url`, `client` and `createClient` is required. */
export interface RedisEventLogOptions extends RedisClientOptions {
  /** A server: `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url?: string | undefined;
  /**
   * A `Redis` (also with Sentinels) or `Cluster` of ioredis 5.4 or newer. The log duplicates it for connections of its
   * own, with its options and a reconnect of its own; the client itself is left alone.
   */
  readonly client?: RedisClientOptions['client'];
  /**
   * Makes a client of ioredis that has not connected yet, for what `duplicate()` does not carry over.
   * @example redisEventLog({ createClient: ({ cluster }) => new Cluster(nodes, { ...cluster, dnsLookup }) })
   */
  readonly createClient?: RedisClientOptions['createClient'];
  /**
   * The name of the log: all nodes with the same one share it. Its keys begin with it, in braces.
   * @default 'sse'
   */
  readonly prefix?: string | undefined;
  /**
   * How many events are kept in Redis; a few more in practice, because Redis trims in blocks.
   * @default 100000
   */
  readonly maxEvents?: number | undefined;
  /**
   * How long events are kept, in milliseconds, by the clock of Redis; `false` for as long as `maxEvents` allows.
   * Trimmed while something is published.
   * @default 86400000 (one day)
   */
  readonly maxAgeMs?: number | false | undefined;
  /**
   * How many replicas must have an event before `publish` resolves. Without enough of them it rejects with
   * `PUBLISH_UNKNOWN`.
   * @default 0
   */
  readonly minReplicas?: number | undefined;
  /**
   * How long `publish` may take, in milliseconds; then it rejects with `PUBLISH_REJECTED`, or `PUBLISH_UNKNOWN`.
   * @default 5000
   */
  readonly publishTimeoutMs?: number | undefined;
  /**
   * How long a `messageId` is remembered, in milliseconds.
   * @default 600000 (ten minutes)
   */
  readonly messageIdMs?: number | undefined;
  /** The newest part of the log, which each node keeps in its memory. */
  readonly window?:
    | {
        /** @default 10000 */
        readonly maxEvents?: number | undefined;
        /** @default 33554432 (32 MiB) */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /**
   * Whether the application fails to start without Redis (`'require'`), or starts and waits (`'wait'`): until then
   * `publish` rejects, and streams have no history.
   * @default 'require'
   */
  readonly startup?: 'require' | 'wait' | undefined;
}

/**
 * An event log in a Redis stream, shared by all nodes that name it: Redis 6.2 or newer, or what speaks its protocol,
 * alone, with Sentinels or as a Cluster. Needs the package `ioredis`.
 *
 * @example SseModule.forRoot({ log: redisEventLog({ url: 'redis://localhost:6379' }) })
 * @throws SseException `INVALID_OPTIONS`; when the application starts, `LOG_UNAVAILABLE` if Redis cannot be reached
 *   or refuses the credentials, `LOG_UNSUITABLE` if it is too old or its keys hold something else, `MISSING_PACKAGE`
 */
export function redisEventLog(options: RedisEventLogOptions): EventLog {
  checkOptions('redisEventLog()', options, {
    url: { type: 'string' },
    client: { methods: ['duplicate', 'connect', 'call', 'pipeline'] },
    createClient: { type: 'function' },
    prefix: { type: 'string' },
    maxEvents: { integer: true, min: 1 },
    maxAgeMs: { min: 1, orFalse: true },
    minReplicas: { integer: true, min: 0 },
    publishTimeoutMs: { min: 1, max: 2_147_483_647 },
    messageIdMs: { integer: true, min: 1 },
    window: {
      nested: {
        maxEvents: { integer: true, min: 1 },
        maxBytes: { integer: true, min: 1 },
      },
    },
    startup: { oneOf: ['require', 'wait'] },
  });
  assertOneClient(options);
  assertPrefix(options.prefix);
  const { url, client, createClient, window = {} } = options;
  const link = new RedisLink(
    { url, client, createClient },
    new RedisKeys(options.prefix ?? 'sse'),
  );
  const maxAgeMs = options.maxAgeMs ?? 86_400_000;
  const engine = new RedisEngine(link, {
    maxEvents: options.maxEvents ?? 100_000,
    maxAgeMs,
    messageIdMs: options.messageIdMs ?? 600_000,
    publishTimeoutMs: options.publishTimeoutMs ?? 5_000,
    minReplicas: options.minReplicas ?? 0,
  });
  return new RemoteEventLog(engine, {
    window: {
      maxEvents: window.maxEvents ?? 10_000,
      maxBytes: window.maxBytes ?? 32 * 1024 * 1024,
      maxAgeMs,
    },
    startup: options.startup ?? 'require',
  });
}

function assertOneClient({
  url,
  client,
  createClient,
}: RedisEventLogOptions): void {
  const given = [url, client, createClient].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw invalid('give one of url, client and createClient');
  if (client !== undefined && !isClient(client))
    throw invalid('client must be a Redis or Cluster of ioredis');
  // The URL itself is not shown: it may hold a password.
  if (url !== undefined && !/^rediss?:\/\/[^\s/]/.test(url))
    throw invalid('url must be redis://host:port or rediss://host:port');
}

function assertPrefix(prefix: string | undefined): void {
  if (prefix === undefined || /^[^\s{}]{1,100}$/.test(prefix)) return;
  throw invalid(
    'prefix must be 1 to 100 characters without spaces and braces, which choose the slot of a Cluster',
  );
}

function invalid(problem: string): SseException {
  return new SseException(
    'INVALID_OPTIONS',
    `Invalid options of redisEventLog(): ${problem}.`,
  );
}
