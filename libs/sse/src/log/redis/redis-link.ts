import type { LogPosition } from '../event-log.js';
import type { Offset } from '../../event/event-record.js';
import type { CursorPlace } from '../remote/log-engine.js';
import { encodeEntry } from '../record-codec.js';
import type { RedisClientOptions } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { EPOCH_TOPIC } from './redis-records.js';
import {
  BEGIN_EPOCH,
  INSPECT,
  SCRIPTS,
  type RedisScript,
} from './redis-scripts.js';

/** How long a server may take for a command that does not wait for anything, in milliseconds. */
export const ANSWER_LIMIT_MS = 2_500;

/** The log as it is in Redis at the moment. */
export interface RedisLogState {
  /** '' where there is no log. */
  readonly epoch: string;
  readonly last: Offset;
  /** Where the epoch began. */
  readonly begin: Offset;
  /** Of the offsets that were asked about. */
  readonly places: readonly CursorPlace[];
}

const PLACES: Readonly<Record<string, CursorPlace>> = {
  kept: 'kept',
  old: 'truncated',
  lost: 'unknown',
};

/** Makes connections to the log's Redis, and says what every part of the log has to ask on them. */
export class RedisLink {
  constructor(
    private readonly client: RedisClientOptions,
    readonly keys: RedisKeys,
  ) {}

  /** A connection to a server that takes writes and knows the scripts. */
  async connect(): Promise<RedisConnection> {
    const connection = await RedisConnection.open(this.client);
    try {
      // In one pipeline with a key of the log, which of a Cluster's nodes finds the one that holds it.
      const replies = await connection.pipeline(ANSWER_LIMIT_MS, [
        ['exists', this.keys.stream],
        ...SCRIPTS.map(({ source }) => ['script', 'LOAD', source]),
      ]);
      const failed = replies.find((reply) => reply instanceof Error);
      if (failed !== undefined) throw failed;
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  run(
    connection: RedisConnection,
    script: RedisScript,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const count = String(keys.length);
    const { sha } = script;
    return connection.call(
      ANSWER_LIMIT_MS,
      'evalsha',
      sha,
      count,
      ...keys,
      ...args,
    );
  }

  async inspect(
    connection: RedisConnection,
    ...offsets: readonly Offset[]
  ): Promise<RedisLogState> {
    const [epoch, last, begin, ...places] = await this.#runOnLog(
      connection,
      INSPECT,
      offsets.map(String),
    );
    return {
      epoch: epoch!,
      last: Number(last),
      begin: Number(begin),
      places: places.map((place) => PLACES[place] ?? 'unknown'),
    };
  }

  /**
   * Ends an epoch, unless that has been done, and gives where the present one began.
   * @param over the epoch that is over; '' where there is no log
   * @param known the highest offset that anybody has seen: the log goes on behind it
   */
  async beginEpoch(
    connection: RedisConnection,
    over: string,
    next: string,
    known: Offset,
  ): Promise<LogPosition> {
    const fields = encodeEntry({
      topic: EPOCH_TOPIC,
      type: 'epoch',
      json: next,
      publishedAt: Date.now(),
    });
    const [epoch, , begin] = await this.#runOnLog(connection, BEGIN_EPOCH, [
      over,
      next,
      String(known),
      ...fields,
    ]);
    return { epoch: epoch!, offset: Number(begin) };
  }

  async #runOnLog(
    connection: RedisConnection,
    script: RedisScript,
    args: readonly string[],
  ): Promise<readonly string[]> {
    const { stream, meta } = this.keys;
    const reply = await this.run(connection, script, [stream, meta], args);
    return reply as string[];
  }
}
