import type { PublishJob } from './publish-job.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import type { AcknowledgedPlace } from './redis-reader.js';
import { APPEND } from './redis-scripts.js';

/** Trimming by age has to find the entries; so seldom it costs nothing. */
const MAX_TRIM_EVERY_MS = 1_000;

/** Where the clock is behind the log, offsets go on in steps at random of up to so many microseconds. */
const MAX_STEP = 64;

/** What an append tells the server of the log's bounds. */
export interface AppendSettings {
  readonly maxEvents: number;
  readonly maxAgeMs: number | false;
  readonly messageIdMs: number;
  readonly publishTimeoutMs: number;
  /** How many replicas have to have an entry before it counts as published. */
  readonly minReplicas: number;
}

/** Calls the script that appends, and waits for replicas where that is asked for. */
export class AppendCommand {
  #trimmedAt = 0;

  constructor(
    private readonly keys: RedisKeys,
    private readonly settings: AppendSettings,
  ) {}

  /** @returns the script's reply, and how many replicas have it where they were waited for */
  async call(
    connection: RedisConnection,
    acknowledged: AcknowledgedPlace,
    jobs: readonly PublishJob[],
  ): Promise<readonly unknown[]> {
    const { minReplicas, publishTimeoutMs } = this.settings;
    const args = ['evalsha', ...this.#argumentsOf(acknowledged, jobs)] as const;
    if (minReplicas === 0)
      return [await connection.call(ANSWER_LIMIT_MS, ...args)];
    const waitMs = Math.min(publishTimeoutMs, ANSWER_LIMIT_MS) / 2;
    return connection.pipeline(ANSWER_LIMIT_MS, [
      [...args],
      ['wait', String(minReplicas), String(Math.ceil(waitMs))],
    ]);
  }

  #argumentsOf(
    { epoch, offset }: AcknowledgedPlace,
    jobs: readonly PublishJob[],
  ): string[] {
    const { keys } = this;
    const { maxEvents, messageIdMs } = this.settings;
    const names = [keys.stream, keys.meta];
    const args = [
      epoch,
      String(offset),
      String(Math.floor(Math.random() * MAX_STEP)),
      String(maxEvents),
      this.#ageToTrim(),
      String(messageIdMs),
    ];
    for (const job of jobs) job.writeTo(args, names, keys);
    return [APPEND.sha, String(names.length), ...names, ...args];
  }

  #ageToTrim(): string {
    const { maxAgeMs } = this.settings;
    if (maxAgeMs === false) return '';
    const now = performance.now();
    if (now - this.#trimmedAt < Math.min(MAX_TRIM_EVERY_MS, maxAgeMs / 4))
      return '';
    this.#trimmedAt = now;
    return String(maxAgeMs * 1_000);
  }
}
