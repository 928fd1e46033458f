import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { EventRecord, Offset } from '../../event/event-record.js';
import type { LogPosition, TailResetReason } from '../event-log.js';
import type { EngineListener } from '../remote/log-engine.js';
import { Backoff } from './redis-backoff.js';
import type { RedisConnection } from './redis-connection.js';
import { explain } from './redis-errors.js';
import type { RedisLink } from './redis-link.js';
import { parseEntry, type StreamEntry } from './redis-records.js';

const READ_COUNT = '1000';

/** How long a read waits for something new, in milliseconds; then the reader looks whether the log is still there. */
const BLOCK_MS = 1_000;

/** When a server that was to answer after that counts as gone, in milliseconds. */
const READ_LIMIT_MS = BLOCK_MS + 1_500;

/** How long somebody with an unknown epoch waits until the log was looked at, in milliseconds. */
const LOOK_LIMIT_MS = 15_000;

/** Where this process's publisher stands, for the reader to look whether that is still there. */
export interface AcknowledgedPlace {
  readonly epoch: string;
  readonly offset: Offset;
}

/**
 * Follows the stream on a connection of its own, for the whole process. Every entry links to the one before: what is
 * missing between two of them is seen where it is missing, whatever happened to the server.
 */
export class RedisReader {
  readonly #logger = new Logger('EventLog');
  readonly #backoff = new Backoff();
  /** Who waits until the log was looked at. */
  readonly #looking = new Set<() => void>();
  #connection: RedisConnection | undefined;
  #epoch: string;
  /** The last entry of the log that was read. */
  #offset: Offset;
  /** The last entry of all, of others too. */
  #lastId: string;
  #hasWarned = false;
  #isClosed = false;

  constructor(
    private readonly link: RedisLink,
    private readonly listener: EngineListener,
    from: LogPosition,
    private readonly acknowledged: () => AcknowledgedPlace,
  ) {
    this.#epoch = from.epoch;
    this.#offset = from.offset;
    this.#lastId = `${from.offset}-0`;
  }

  get epoch(): string {
    return this.#epoch;
  }

  start(): void {
    void this.#run();
  }

  /** Looks at once whether the log is the one that is followed, and waits until that is known, or for a while. */
  async look(): Promise<void> {
    // The read that waits on it would answer later; a new connection begins with a look.
    this.#connection?.close();
    this.#backoff.wake();
    let told: () => void = () => undefined;
    const looked = new Promise<void>((resolve) => (told = resolve));
    this.#looking.add(told);
    await Promise.race([
      looked,
      delay(LOOK_LIMIT_MS, undefined, { ref: false }),
    ]);
    this.#looking.delete(told);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#backoff.wake();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#follow();
      } catch (error) {
        if (!this.#isClosed && this.#backoff.hasFailed)
          this.listener.onDown(explain(error));
      }
      this.#connection?.close();
      if (!this.#isClosed) await this.#backoff.wait();
    }
  }

  async #follow(): Promise<void> {
    const connection = await this.link.connect();
    this.#connection = connection;
    if (this.#isClosed) return;
    await this.#verify(connection);
    this.#backoff.reset();
    this.listener.onUp();
    for (const told of this.#looking) told();
    while (!this.#isClosed) {
      const entries = await this.#read(connection);
      if (entries === undefined) await this.#verify(connection);
      else await this.#take(connection, entries);
    }
  }

  async #read(
    connection: RedisConnection,
  ): Promise<readonly StreamEntry[] | undefined> {
    const reply = (await connection.call(
      READ_LIMIT_MS,
      'xread',
      'COUNT',
      READ_COUNT,
      'BLOCK',
      String(BLOCK_MS),
      'STREAMS',
      this.link.keys.stream,
      this.#lastId,
    )) as [string, StreamEntry[]][] | null;
    return reply?.[0]?.[1];
  }

  /** Whether what was read, and what was acknowledged to this process, is still there. */
  async #verify(connection: RedisConnection): Promise<void> {
    const acknowledged = this.acknowledged();
    const known =
      acknowledged.epoch === this.#epoch && acknowledged.offset > this.#offset
        ? [this.#offset, acknowledged.offset]
        : [this.#offset];
    const state = await this.link.inspect(connection, ...known);
    if (state.epoch !== '' && state.epoch !== this.#epoch) {
      this.#reset({ epoch: state.epoch, offset: state.begin }, 'epoch');
    } else if (state.epoch === '' || state.places.includes('unknown')) {
      await this.#declareLost(connection);
    }
  }

  async #take(
    connection: RedisConnection,
    entries: readonly StreamEntry[],
  ): Promise<void> {
    let records: EventRecord[] = [];
    const tell = (): void => {
      if (records.length === 0) return;
      const told = records;
      records = [];
      this.listener.onRecords(told, this.#offset);
    };
    for (const entry of entries) {
      const parsed = parseEntry(entry, this.#epoch);
      this.#lastId = entry[0];
      if (parsed.kind === 'foreign') {
        this.#warnOf(entry[0]);
        continue;
      }
      if (parsed.kind === 'epoch') {
        tell();
        if (parsed.epoch !== this.#epoch) this.#reset(parsed, 'epoch');
        this.#offset = parsed.offset;
        continue;
      }
      if (parsed.previous < this.#offset) {
        tell();
        await this.#declareLost(connection);
        return;
      }
      if (parsed.previous > this.#offset) {
        tell();
        this.#reset(
          { epoch: this.#epoch, offset: parsed.previous },
          'truncated',
        );
        this.#lastId = entry[0];
      }
      this.#offset = parsed.offset;
      if (parsed.record === undefined) this.#warnOf(entry[0]);
      else records.push(parsed.record);
    }
    tell();
  }

  // Only one of those who find out at the same time makes the new epoch; all of them go on where it begins.
  async #declareLost(connection: RedisConnection): Promise<void> {
    const known = Math.max(this.#offset, this.acknowledged().offset);
    const next = newEpoch();
    const position = await this.link.beginEpoch(
      connection,
      this.#epoch,
      next,
      known,
    );
    this.#reset(position, 'epoch');
  }

  #reset(position: LogPosition, reason: TailResetReason): void {
    this.#epoch = position.epoch;
    this.#offset = position.offset;
    this.#lastId = `${position.offset}-0`;
    this.listener.onReset(
      { epoch: position.epoch, offset: position.offset },
      reason,
    );
  }

  #warnOf(id: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      `The stream ${this.link.keys.stream} holds an entry that is none of this log, or is broken: ${id}. It is passed ` +
        'over, and so are others. Nobody else should write to this key: choose another prefix.',
    );
  }
}

export function newEpoch(): string {
  return randomBytes(9).toString('base64url');
}
