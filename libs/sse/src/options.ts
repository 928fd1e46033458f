import {
  RETRY_RULE,
  STREAM_OPTION_RULES,
  type RetryOptions,
  type StreamOptions,
} from './connection/connection-options.js';
import { checkOptions } from './event/options.js';
import type { EventLog } from './log/event-log.js';
import { memoryEventLog } from './log/memory/memory-event-log.js';

/** What happens to open streams when the application shuts down. */
export interface DrainOptions {
  /**
   * How long clients may take to read what was sent, in milliseconds; then their sockets are cut.
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
   * The largest event that may be published: bytes of its type and its data as JSON.
   * @default 262144 (256 KiB)
   */
  readonly maxEventBytes?: number | undefined;
  readonly drain?: DrainOptions | undefined;
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
  readonly drainTimeoutMs: number;
  readonly drainRetry: RetryOptions | false;
  readonly fastPath: boolean;
  readonly stream: StreamOptions;
}

/** @throws SseException `INVALID_OPTIONS`, with all problems in one message */
export function moduleSettings(options: SseModuleOptions): SseModuleSettings {
  checkOptions('SseModule', options, {
    ...STREAM_OPTION_RULES,
    log: { methods: ['append', 'tail', 'read', 'check', 'close'] },
    maxEventBytes: { integer: true, min: 1 },
    drain: { nested: { timeoutMs: { max: 2_147_483_647 }, retry: RETRY_RULE } },
    fastPath: { type: 'boolean' },
    isGlobal: { type: 'boolean' },
  });
  const {
    heartbeat,
    retry,
    readyTimeoutMs,
    slowConsumer,
    lifetime,
    compression,
    drain = {},
  } = options;
  return {
    log: options.log ?? memoryEventLog(),
    maxEventBytes: options.maxEventBytes ?? 256 * 1024,
    drainTimeoutMs: drain.timeoutMs ?? 5_000,
    drainRetry:
      drain.retry ?? (retry === false ? false : { minMs: 500, maxMs: 5_000 }),
    fastPath: options.fastPath ?? true,
    stream: {
      heartbeat,
      retry,
      readyTimeoutMs,
      slowConsumer,
      lifetime,
      compression,
    },
  };
}
