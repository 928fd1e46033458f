import {
  AUTH_RULES,
  authSettings,
  type AuthSettings,
  type SseAuthOptions,
} from './auth/auth-options.js';
import {
  LIMIT_RULES,
  type LimitOptions,
} from './connection/limits/connection-limits.js';
import {
  RETRY_RULE,
  STREAM_OPTION_RULES,
  type RetryOptions,
  type StreamOptions,
} from './connection/stream-settings.js';
import { checkOptions } from './base/option-rules.js';
import type { EventLog } from './log/event-log.js';
import { memoryEventLog } from './log/memory/memory-event-log.js';

/** What happens to open streams when the application shuts down. */
export interface DrainOptions {
  /**
   * How long clients may take to read what was sent, in milliseconds, 0 or more; then their sockets are cut.
   * @default 5000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * When clients are told to come back; `false` to leave it to them.
   * @default { minMs: 500, maxMs: 5000 }, or `false` if the module's `retry` is
   */
  readonly retry?: RetryOptions | false | undefined;
}

/** All options have defaults that suit production. */
export interface SseModuleOptions extends StreamOptions {
  /**
   * Where durable events are kept.
   * @default memoryEventLog()
   */
  readonly log?: EventLog | undefined;
  /**
   * The largest event that may be published: bytes of its type and its data as JSON, 1 or more.
   * @default 262144 (256 KiB)
   */
  readonly maxEventBytes?: number | undefined;
  /**
   * How long the validators of an event's class may take, in milliseconds; then its `publish` fails with
   * `VALIDATION_TIMEOUT`. Later events of its topic wait so long.
   * @default 5000
   */
  readonly validationTimeoutMs?: number | undefined;
  /**
   * How many topics and patterns one stream of a route may name, 1 or more: clients often say which. More
   * are refused with `TOO_MANY_TOPICS`, 400.
   * @default 1000
   */
  readonly maxTopicsPerStream?: number | undefined;
  /**
   * How open streams end when the application shuts down.
   * @default { timeoutMs: 5000, retry: { minMs: 500, maxMs: 5000 } }
   */
  readonly drain?: DrainOptions | undefined;
  /** How many streams may be open, and how fast they may be opened; nothing is limited by default. */
  readonly limits?: LimitOptions | undefined;
  /**
   * How a stream over the limits is refused: by `'status'` 429 or 503 with `Retry-After`; or by `'retry'`,
   * for native `EventSource`, which takes any status but 200 as final: a stream that says when to come back.
   * @default 'status'
   */
  readonly refusal?: 'status' | 'retry' | undefined;
  /** Who may connect, and what they may read. */
  readonly auth?: SseAuthOptions | undefined;
  /**
   * Whether ready-made chunks may go straight to the socket where that is safe. Off for comparison only.
   * @default true
   */
  readonly fastPath?: boolean | undefined;
  /**
   * Whether the providers are to be had in every module.
   * @default true
   */
  readonly isGlobal?: boolean | undefined;
}

/** The module's options with every default filled in. */
export interface SseModuleSettings {
  readonly log: EventLog;
  readonly maxEventBytes: number;
  readonly validationTimeoutMs: number;
  readonly maxTopicsPerStream: number;
  readonly drainTimeoutMs: number;
  readonly drainRetry: RetryOptions | false;
  readonly fastPath: boolean;
  readonly limits: LimitOptions;
  readonly refusal: 'status' | 'retry';
  readonly auth: AuthSettings;
  readonly stream: StreamOptions;
}

/** @throws SseException `INVALID_OPTIONS`, with all problems in one message */
export function moduleSettings(options: SseModuleOptions): SseModuleSettings {
  checkOptions('SseModule', options, {
    ...STREAM_OPTION_RULES,
    log: { methods: ['append', 'tail', 'read', 'check', 'close'] },
    maxEventBytes: { integer: true, min: 1 },
    validationTimeoutMs: { min: 1, max: 2_147_483_647 },
    maxTopicsPerStream: { integer: true, min: 1 },
    drain: { nested: { timeoutMs: { max: 2_147_483_647 }, retry: RETRY_RULE } },
    limits: { nested: LIMIT_RULES },
    refusal: { oneOf: ['status', 'retry'] },
    auth: { nested: AUTH_RULES },
    fastPath: { type: 'boolean' },
    isGlobal: { type: 'boolean' },
  });
  const {
    log = memoryEventLog(),
    maxEventBytes = 256 * 1024,
    validationTimeoutMs = 5_000,
    maxTopicsPerStream = 1_000,
    drain = {},
    limits = {},
    refusal = 'status',
    auth = {},
    fastPath = true,
    isGlobal: _isGlobal,
    ...stream
  } = options;
  return {
    log,
    maxEventBytes,
    validationTimeoutMs,
    maxTopicsPerStream,
    drainTimeoutMs: drain.timeoutMs ?? 5_000,
    drainRetry:
      drain.retry ??
      (stream.retry === false ? false : { minMs: 500, maxMs: 5_000 }),
    limits,
    refusal,
    auth: authSettings(auth),
    fastPath,
    stream,
  };
}
