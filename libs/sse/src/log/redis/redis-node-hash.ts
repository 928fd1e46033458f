import type { RedisConnection } from './redis-connection.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import type { RedisQueries } from './redis-queries.js';

/** How long a node that says nothing counts as alive, in milliseconds, and how often it speaks. */
export const ALIVE_MS = 20_000;
const BEAT_MS = 5_000;

/**
 * After so many beats everything is said again: a command of a connection that was given up may have been carried out
 * after later ones.
 */
const BEATS_TO_RESTATE = 12;

/** Changes are told together after this time, in milliseconds. */
const FLUSH_MS = 50;

/** Who could not be told is told everything after this time, in milliseconds. */
const RETRY_MS = 1_000;

/** Fields in one command. */
const CHUNK = 500;

/** The field that keeps the hash of a node that has nothing to say; all others have a name. */
export const NODE_FIELD = '';

/** Where a node's hash is. */
export interface NodeHashPlace {
  /** The key of the set of all nodes' names. */
  readonly names: string;
  /** The node's own name in it. */
  readonly name: string;
  /** The key of the node's hash. */
  readonly hash: string;
}

/**
 * What one node says of itself to all others: a hash that expires unless the node renews it. It is made equal to what
 * was set here again and again, whatever becomes of the connection or the server's data.
 */
export class RedisNodeHash {
  readonly #fields = new Map<string, string>();
  /** Fields that have changed since the engine was told. */
  #changed = new Set<string>();
  /** The engine may have missed something: it is told everything. */
  #isStale = true;
  #flush: NodeJS.Timeout | undefined;
  #telling = Promise.resolve();
  /** Once for all who ask for it meanwhile. */
  #restating: Promise<void> | undefined;
  #hasLeft = false;
  #beats = 0;
  readonly #beat: NodeJS.Timeout;

  constructor(
    private readonly queries: () => RedisQueries,
    readonly place: NodeHashPlace,
  ) {
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS).unref();
    this.#tellIn(FLUSH_MS);
  }

  /** Returns at once; the engine hears of it a moment later. */
  set(field: string, value: string): void {
    this.#fields.set(field, value);
    this.#note(field);
  }

  /** Returns at once; the engine hears of it a moment later. */
  delete(field: string): void {
    if (this.#fields.delete(field)) this.#note(field);
  }

  /** Tells the engine everything, because it has lost it. */
  restate(): Promise<void> {
    this.#isStale = true;
    return (this.#restating ??= this.#tell().finally(() => {
      this.#restating = undefined;
    }));
  }

  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearInterval(this.#beat);
    clearTimeout(this.#flush);
    await this.#telling;
    const { hash, names, name } = this.place;
    // What cannot be said now is found out by the silence.
    await this.queries()
      .ask((connection) =>
        send(connection, [
          ['del', hash],
          ['srem', names, name],
        ]),
      )
      .catch(() => undefined);
  }

  #onBeat(): void {
    if (++this.#beats % BEATS_TO_RESTATE === 0) this.#isStale = true;
    void this.#tell();
  }

  #note(field: string): void {
    this.#changed.add(field);
    this.#tellIn(FLUSH_MS);
  }

  #tellIn(waitMs: number): void {
    if (this.#hasLeft || this.#flush !== undefined) return;
    this.#flush = setTimeout(() => {
      this.#flush = undefined;
      void this.#tell();
    }, waitMs).unref();
  }

  #tell(): Promise<void> {
    this.#telling = this.#telling.then(async () => {
      if (this.#hasLeft) return;
      const isWhole = this.#isStale;
      const changed = isWhole ? this.#fields.keys() : this.#changed;
      const commands = this.#commandsFor([...changed], isWhole);
      this.#changed = new Set();
      this.#isStale = false;
      try {
        const replies = await this.queries().ask((connection) =>
          send(connection, commands),
        );
        // The hash had expired or was deleted: what is in it now is only what has changed.
        if (!isWhole && replies[0] === 0) {
          this.#isStale = true;
          this.#tellIn(FLUSH_MS);
        }
      } catch {
        this.#isStale = true;
        this.#tellIn(RETRY_MS);
      }
    });
    return this.#telling;
  }

  #commandsFor(fields: readonly string[], isWhole: boolean): string[][] {
    const { hash, names, name } = this.place;
    const lifetime = String(ALIVE_MS);
    const set: string[] = [NODE_FIELD, ''];
    const deleted: string[] = [];
    for (const field of fields) {
      const value = this.#fields.get(field);
      if (value === undefined) deleted.push(field);
      else set.push(field, value);
    }
    const commands = [isWhole ? ['del', hash] : ['pexpire', hash, lifetime]];
    for (let index = 0; index < set.length; index += CHUNK)
      commands.push(['hset', hash, ...set.slice(index, index + CHUNK)]);
    for (let index = 0; index < deleted.length; index += CHUNK)
      commands.push(['hdel', hash, ...deleted.slice(index, index + CHUNK)]);
    commands.push(['pexpire', hash, lifetime]);
    // Last: a name without a hash is that of a node that died.
    commands.push(['sadd', names, name]);
    return commands;
  }
}

/** Sends commands in one go, and fails with the first one that fails. */
export async function send(
  connection: RedisConnection,
  commands: string[][],
): Promise<readonly unknown[]> {
  const replies = await connection.pipeline(ANSWER_LIMIT_MS, commands);
  const failed = replies.find((reply) => reply instanceof Error);
  if (failed !== undefined) throw failed;
  return replies;
}
