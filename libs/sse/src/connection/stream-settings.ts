import type { CompressionOptions } from './gzip/gzip-coding.js';
import type { OptionRules } from '../base/option-rules.js';
import type { StreamDialect } from '../event/dialect.js';
import type { SseMessage } from '../event/message.js';

/** How a client is told to wait before it reconnects; a random time in between, so that not all come at once. */
export interface RetryOptions {
  /** The shortest wait, in whole milliseconds, 0 or more. */
  readonly minMs: number;
  /** The longest wait, in whole milliseconds, not less than `minMs`. */
  readonly maxMs: number;
}

/** What becomes of a client that reads more slowly than its stream emits. */
export interface SlowConsumerOptions {
  /**
   * Bytes that may wait for one client, 1 or more.
   * @default 1048576 (1 MiB)
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * A client that takes nothing for this long is disconnected; milliseconds, 100 or more.
   * @default 30000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * For sources that are not bus streams and cannot be paused: `disconnect`, forget the oldest events, or
   * keep only the latest event of each key. Bus streams need none of it: they read on from the log.
   * @default 'disconnect'
   */
  readonly policy?: 'disconnect' | 'drop-oldest' | 'latest' | undefined;
  /**
   * The key for `latest`.
   * @default the message's type
   */
  readonly key?: ((message: SseMessage) => string) | undefined;
}

/** How long a stream may live before the client has to reconnect. */
export interface LifetimeOptions {
  /** Milliseconds, 100 or more. */
  readonly maxMs: number;
  /**
   * How much earlier a stream may end, as a share of `maxMs` from 0 to 1: spreads the reconnects.
   * @default 0.1
   */
  readonly jitterRatio?: number | undefined;
}

/** What concerns one stream: set for the module, and overridden by a route. */
export interface StreamOptions {
  /**
   * Comments that keep an idle stream open through proxies: sent after `intervalMs` of silence, in milliseconds, 100
   * or more; `false` for none.
   * @default { intervalMs: 15000 }
   */
  readonly heartbeat?: { readonly intervalMs: number } | false | undefined;
  /**
   * The `retry:` of every stream; `false` leaves it to the client.
   * @default { minMs: 1000, maxMs: 3000 }
   */
  readonly retry?: RetryOptions | false | undefined;
  /**
   * How long the headers wait for the first value of an iterable, so that an early failure still gets its
   * real status; milliseconds, 0 or more.
   * @default 1000
   */
  readonly readyTimeoutMs?: number | undefined;
  /**
   * What becomes of clients that read too slowly.
   * @default { maxBufferedBytes: 1048576, stallTimeoutMs: 30000, policy: 'disconnect' }
   */
  readonly slowConsumer?: SlowConsumerOptions | undefined;
  /**
   * Ends every stream after a while; the client reconnects and resumes.
   * @default false
   */
  readonly lifetime?: LifetimeOptions | false | undefined;
  /**
   * Compresses streams for clients that accept gzip: once for all clients that are sent the same, so that it
   * pays where many share a stream. Never on top of the coding of a middleware.
   * @default false
   */
  readonly compression?: CompressionOptions | false | undefined;
  /**
   * `data-only` is for clients that take every block with data for a chunk of theirs (the AI SDK, `openai`, TanStack
   * AI): blocks have no names, and what the stream says of itself is a comment, an id alone, or in the `dialect`.
   * @default 'named'
   */
  readonly frames?: 'named' | 'data-only' | undefined;
  /**
   * How a `data-only` stream says that it failed or is complete: `plain`, `openAiStream()`, `aiSdkStream()`, or your
   * own.
   * @default plain
   */
  readonly dialect?: StreamDialect | undefined;
}

export const RETRY_RULE = {
  nested: { minMs: { integer: true }, maxMs: { integer: true } },
  ordered: ['minMs', 'maxMs'],
  required: ['minMs', 'maxMs'],
  orFalse: true,
} as const;

export const HEARTBEAT_RULE = {
  nested: { intervalMs: { min: 100, max: 2_147_483_647 } },
  required: ['intervalMs'],
  orFalse: true,
} as const;

export const STREAM_OPTION_RULES = {
  heartbeat: HEARTBEAT_RULE,
  retry: RETRY_RULE,
  readyTimeoutMs: { min: 0, max: 2_147_483_647 },
  slowConsumer: {
    nested: {
      maxBufferedBytes: { integer: true, min: 1 },
      stallTimeoutMs: { min: 100 },
      policy: { oneOf: ['disconnect', 'drop-oldest', 'latest'] },
      key: { type: 'function' },
    },
  },
  lifetime: {
    nested: { maxMs: { min: 100 }, jitterRatio: { max: 1 } },
    required: ['maxMs'],
    orFalse: true,
  },
  compression: {
    nested: {
      level: { integer: true, min: 1, max: 9 },
      minBytes: { integer: true, min: 0 },
    },
    orFalse: true,
  },
  frames: { oneOf: ['named', 'data-only'] },
  dialect: { methods: ['failed', 'ended'] },
} as const satisfies OptionRules;

/** The options of a stream with every default filled in. */
export interface StreamSettings {
  readonly heartbeatMs: number | false;
  readonly retry: RetryOptions | false;
  readonly readyTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly stallTimeoutMs: number;
  readonly policy: 'disconnect' | 'drop-oldest' | 'latest';
  readonly key: ((message: SseMessage) => string) | undefined;
  readonly lifetime: Required<LifetimeOptions> | false;
}

/** Fills in the defaults; options further to the right win, one by one. */
export function streamSettings(
  ...levels: readonly StreamOptions[]
): StreamSettings {
  const pick = <K extends keyof StreamOptions>(key: K): StreamOptions[K] =>
    levels.findLast((level) => level[key] !== undefined)?.[key];
  const slow = <K extends keyof SlowConsumerOptions>(
    key: K,
  ): SlowConsumerOptions[K] =>
    levels.findLast((level) => level.slowConsumer?.[key] !== undefined)
      ?.slowConsumer?.[key];
  const heartbeat = pick('heartbeat') ?? { intervalMs: 15_000 };
  const lifetime = pick('lifetime') ?? false;
  return {
    heartbeatMs: heartbeat && heartbeat.intervalMs,
    retry: pick('retry') ?? { minMs: 1_000, maxMs: 3_000 },
    readyTimeoutMs: pick('readyTimeoutMs') ?? 1_000,
    maxBufferedBytes: slow('maxBufferedBytes') ?? 1024 * 1024,
    stallTimeoutMs: slow('stallTimeoutMs') ?? 30_000,
    policy: slow('policy') ?? 'disconnect',
    key: slow('key'),
    lifetime: lifetime && {
      maxMs: lifetime.maxMs,
      jitterRatio: lifetime.jitterRatio ?? 0.1,
    },
  };
}

/** A wait from between the bounds, in whole milliseconds. */
export function retryDelay({ minMs, maxMs }: RetryOptions): number {
  return Math.round(minMs + Math.random() * (maxMs - minMs));
}
