import type {
  NatsConnection,
  NodeConnectionOptions,
} from '@nats-io/transport-node';
import { SseException } from '../../base/exception.js';
import { assertOptions, checkOptions } from '../../base/option-rules.js';
import type { EventLog } from '../event-log.js';
import { RemoteEventLog } from '../remote/remote-event-log.js';
import { NatsEngine } from './nats-engine.js';
import type { NatsSettings } from './nats-settings.js';

const NAME = 'natsEventLog()';

/** How the JetStream log is reached, and how much it keeps. */
export interface NatsEventLogOptions {
  /**
   * Where the servers are: one or more of `nats://host:4222` or `tls://…`; user and password may be in it.
   * @default 'nats://127.0.0.1:4222'
   */
  readonly servers?: string | readonly string[] | undefined;
  /**
   * A connection that the application has already, instead of `servers`. It reconnects as the application has set
   * it up (`maxReconnectAttempts: -1` is right for a service), and stays open when the log closes.
   */
  readonly connection?: NatsConnection | undefined;
  /** More for the connection to `servers`, such as `authenticator`, `tls`, `name`. */
  readonly connect?:
    | Omit<
        NodeConnectionOptions,
        'servers' | 'reconnect' | 'waitOnFirstConnect'
      >
    | undefined;
  /**
   * The stream's name, and the first token of its subjects; it is made if it does not exist. 1-32 of
   * `A-Z a-z 0-9 _ -`. Buckets with this name and `_epoch`, `_keys` behind it go with it.
   * @default 'sse'
   */
  readonly stream?: string | undefined;
  /**
   * How many servers of a cluster keep the log, 1-5. With 1 the log is away while its server is.
   * @default 1
   */
  readonly replicas?: number | undefined;
  /**
   * Where the servers keep the log. In memory it is lost with its server, and clients get a reset.
   * @default 'file'
   */
  readonly storage?: 'file' | 'memory' | undefined;
  /**
   * How many messages are kept: one for each publish, or for each `publishMany` without message ids.
   * @default 100000
   */
  readonly maxEvents?: number | undefined;
  /**
   * How long events are kept, in milliseconds, 100 or more; `false` for as long as the other bounds allow.
   * @default 86400000 (one day)
   */
  readonly maxAgeMs?: number | false | undefined;
  /**
   * How many bytes the stream may take; the server reserves them.
   * @default 268435456 (256 MiB)
   */
  readonly maxBytes?: number | undefined;
  /**
   * How long a `messageId` is remembered, in milliseconds, 100 or more, and no longer than `maxAgeMs`. The server
   * keeps these ids in its memory.
   * @default 120000 (two minutes)
   */
  readonly messageIdMs?: number | undefined;
  /**
   * How long a publish waits for the server's acknowledgement before it fails with `PUBLISH_UNKNOWN`, in
   * milliseconds.
   * @default 5000
   */
  readonly publishTimeoutMs?: number | undefined;
  /** How much of the log each process keeps at hand, for clients that come back. */
  readonly window?:
    | {
        /** @default 10000, and no more than the log's `maxEvents` */
        readonly maxEvents?: number | undefined;
        /** @default 33554432 (32 MiB), and no more than the log's `maxBytes` */
        readonly maxBytes?: number | undefined;
      }
    | undefined;
  /**
   * What happens where NATS cannot be reached when the application starts: `require` fails, `wait` starts without
   * it and takes it up once it is there; until then `publish` fails, and streams get nothing.
   * @default 'require'
   */
  readonly startup?: 'require' | 'wait' | undefined;
}

/**
 * The event log in a stream of NATS JetStream, for applications of many processes; server 2.9 and newer. Needs
 * `npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv`.
 *
 * @example SseModule.forRoot({ log: natsEventLog({ servers: 'nats://nats:4222', stream: 'events', replicas: 3 }) })
 * @throws SseException `INVALID_OPTIONS`; when the application starts `LOG_UNAVAILABLE`, `LOG_UNSUITABLE`,
 *   `MISSING_PACKAGE`
 */
export function natsEventLog(options: NatsEventLogOptions = {}): EventLog {
  assertNatsOptions(options);
  const settings = settingsOf(options);
  const { window = {} } = options;
  return new RemoteEventLog(new NatsEngine(settings), {
    window: {
      maxEvents: Math.min(window.maxEvents ?? 10_000, settings.maxEvents),
      maxBytes: Math.min(
        window.maxBytes ?? 32 * 1024 * 1024,
        settings.maxBytes,
      ),
      maxAgeMs: settings.maxAgeMs,
    },
    startup: options.startup ?? 'require',
  });
}

function assertNatsOptions(options: NatsEventLogOptions): void {
  assertOptions(NAME, options);
  const { servers, connect, stream, ...others } = options;
  checkOptions(NAME, others, {
    connection: { methods: ['request', 'status', 'isClosed'] },
    replicas: { integer: true, min: 1, max: 5 },
    storage: { oneOf: ['file', 'memory'] },
    maxEvents: { integer: true, min: 1 },
    maxAgeMs: { min: 100, orFalse: true },
    maxBytes: { integer: true, min: 1 },
    messageIdMs: { min: 100 },
    publishTimeoutMs: { min: 1, max: 2_147_483_647 },
    window: {
      nested: {
        maxEvents: { integer: true, min: 1 },
        maxBytes: { integer: true, min: 1 },
      },
    },
    startup: { oneOf: ['require', 'wait'] },
  });
  if (servers !== undefined && !areServers(servers))
    throw invalid('servers must be nats://host:port, or an array of such');
  if (
    connect !== undefined &&
    (typeof connect !== 'object' || connect === null)
  )
    throw invalid('connect must be an object');
  if (stream !== undefined && !/^[A-Za-z0-9_-]{1,32}$/.test(stream))
    throw invalid('stream must be 1 to 32 characters of A-Z a-z 0-9 _ -');
  if (
    options.connection !== undefined &&
    (servers !== undefined || connect !== undefined)
  )
    throw invalid(
      "servers and connect are for the log's own connection, and have no place beside connection",
    );
}

// What is wrong is not shown: a URL may hold a password.
function areServers(value: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.every(isServer);
}

function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const url = value.includes('://') ? value : `nats://${value}`;
  return (
    /^(nats|tls):\/\//.test(url) &&
    URL.canParse(url) &&
    new URL(url).hostname !== ''
  );
}

function invalid(problem: string): SseException {
  return new SseException(
    'INVALID_OPTIONS',
    `Invalid options of ${NAME}: ${problem}.`,
  );
}

function settingsOf(options: NatsEventLogOptions): NatsSettings {
  const { servers = 'nats://127.0.0.1:4222' } = options;
  const maxAgeMs = options.maxAgeMs ?? 86_400_000;
  const messageIdMs = options.messageIdMs ?? 120_000;
  return {
    servers: typeof servers === 'string' ? [servers] : servers,
    connection: options.connection,
    connect: options.connect ?? {},
    stream: options.stream ?? 'sse',
    replicas: options.replicas ?? 1,
    storage: options.storage ?? 'file',
    maxEvents: options.maxEvents ?? 100_000,
    maxAgeMs,
    maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
    // The server refuses a longer one.
    messageIdMs:
      maxAgeMs === false ? messageIdMs : Math.min(messageIdMs, maxAgeMs),
    publishTimeoutMs: options.publishTimeoutMs ?? 5_000,
  };
}
