import { Logger } from '@nestjs/common';
import { SseException } from '../../base/exception.js';
import type { Offset } from '../../event/event-record.js';
import type { AppendResult, LogEntry, LogPosition } from '../event-log.js';
import type {
  CursorPlace,
  EngineListener,
  LogEngine,
  LogRange,
} from '../remote/log-engine.js';
import { unavailable } from './redis-errors.js';
import type { RedisLink } from './redis-link.js';
import type { AppendSettings } from './append-command.js';
import { RedisPublisher } from './redis-publisher.js';
import { RedisQueries } from './redis-queries.js';
import { RedisRanges } from './redis-ranges.js';
import { newEpoch, RedisReader } from './redis-reader.js';
import { assertSuitable } from './redis-server-check.js';
import { RedisCounts } from './redis-counts.js';
import { RedisPresence } from './redis-presence.js';
import { RedisSharedKeys } from './redis-shared-keys.js';

/** A log in a Redis stream: a reader, a publisher and a connection for questions. */
export class RedisEngine implements LogEngine {
  readonly name = 'redis';
  readonly sharedKeys: RedisSharedKeys;
  readonly sharedCounts: RedisCounts;
  readonly presence: RedisPresence;
  readonly #logger = new Logger('EventLog');
  #queries: RedisQueries;
  #ranges: RedisRanges;
  #publisher: RedisPublisher | undefined;
  #reader: RedisReader | undefined;

  constructor(
    private readonly link: RedisLink,
    private readonly settings: AppendSettings,
  ) {
    this.#queries = new RedisQueries(link);
    this.#ranges = new RedisRanges(this.#queries, link.keys);
    this.sharedKeys = new RedisSharedKeys(() => this.#queries, link.keys);
    this.sharedCounts = new RedisCounts(() => this.#queries, link);
    this.presence = new RedisPresence(() => this.#queries, link.keys);
  }

  async open(): Promise<LogPosition> {
    const { link } = this;
    if (this.#queries.isClosed) {
      this.#queries = new RedisQueries(link);
      this.#ranges = new RedisRanges(this.#queries, link.keys);
    }
    try {
      const connection = await link.connect();
      try {
        await assertSuitable(connection, this.#logger);
        let { epoch, last } = await link.inspect(connection);
        if (epoch === '') {
          const begin = await link.beginEpoch(connection, '', newEpoch(), 0);
          ({ epoch, offset: last } = begin);
        }
        this.#publisher = new RedisPublisher(
          link,
          this.settings,
          epoch,
          connection,
        );
        return { epoch, offset: last };
      } catch (error) {
        connection.close();
        throw error;
      }
    } catch (error) {
      throw error instanceof SseException ? error : unavailable(error);
    }
  }

  follow(from: LogPosition, listener: EngineListener): void {
    const publisher = this.#publisher!;
    this.#reader = new RedisReader(
      this.link,
      listener,
      from,
      () => publisher.acknowledged,
    );
    this.#reader.start();
  }

  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    return this.#publisher!.append(entries);
  }

  readAfter(after: Offset, until: Offset, epoch: string): Promise<LogRange> {
    return this.#ranges.readAfter(after, until, epoch);
  }

  readBefore(until: Offset, limit: number, epoch: string): Promise<LogRange> {
    return this.#ranges.readBefore(until, limit, epoch);
  }

  async locate(offset: Offset): Promise<CursorPlace> {
    const { begin, places } = await this.#queries.ask((connection) =>
      this.link.inspect(connection, offset),
    );
    return offset < begin ? 'truncated' : places[0]!;
  }

  async look(): Promise<void> {
    const reader = this.#reader;
    if (reader === undefined) return;
    const isSame = await this.#queries
      .ask((connection) => this.link.inspect(connection))
      .then(
        ({ epoch }) => epoch === reader.epoch,
        () => false,
      );
    if (!isSame) await reader.look();
  }

  async close(): Promise<void> {
    await this.#publisher?.close();
    this.#reader?.close();
    this.#queries.close();
  }
}
