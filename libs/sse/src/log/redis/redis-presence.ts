import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Presence, PresenceNode, PresentConnection } from '../presence.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import type { RedisQueries } from './redis-queries.js';

/** How long a node that says nothing counts as alive, in milliseconds, and how often it speaks. */
const ALIVE_MS = 20_000;
const BEAT_MS = 5_000;

/** Changes are told together after this time, in milliseconds. */
const FLUSH_MS = 50;

/** Fields in one command. */
const CHUNK = 500;

/** The field that keeps the hash of a node without streams; no connection has an empty id. */
const NODE_FIELD = '';

type QueriesOf = () => RedisQueries;

/** One hash for each node, which expires unless the node renews it, and a set of the nodes' names. */
export class RedisPresence implements Presence {
  constructor(
    private readonly queries: QueriesOf,
    private readonly keys: RedisKeys,
  ) {}

  join(): PresenceNode {
    return new RedisPresenceNode(this.queries, this.keys);
  }

  async list(): Promise<readonly PresentConnection[]> {
    const { keys } = this;
    return this.queries().ask(async (connection) => {
      const nodes = (await connection.call(
        ANSWER_LIMIT_MS,
        'smembers',
        keys.nodes,
      )) as string[];
      if (nodes.length === 0) return [];
      const replies = await send(
        connection,
        nodes.map((node) => ['hvals', keys.node(node)]),
      );
      const values = replies as string[][];
      const dead = nodes.filter((_node, index) => values[index]!.length === 0);
      // One that is alive after all says so with its next beat.
      if (dead.length > 0)
        await send(connection, [['srem', keys.nodes, ...dead]]);
      return values.flatMap(connectionsOf);
    });
  }
}

class RedisPresenceNode implements PresenceNode {
  readonly id = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  readonly #connections = new Map<string, string>();
  /** Ids of what has changed since the engine was told. */
  #changed = new Set<string>();
  /** The engine may have missed something: it is told everything. */
  #isStale = true;
  #flush: NodeJS.Timeout | undefined;
  #telling = Promise.resolve();
  #hasLeft = false;
  readonly #beat: NodeJS.Timeout;

  constructor(
    private readonly queries: QueriesOf,
    private readonly keys: RedisKeys,
  ) {
    this.#beat = setInterval(() => this.#tell(), BEAT_MS).unref();
    this.#tellSoon();
  }

  add(connection: PresentConnection): void {
    this.#connections.set(connection.id, JSON.stringify(connection));
    this.#note(connection.id);
  }

  delete(id: string): void {
    if (this.#connections.delete(id)) this.#note(id);
  }

  async leave(): Promise<void> {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    clearInterval(this.#beat);
    clearTimeout(this.#flush);
    await this.#telling;
    const { keys, id } = this;
    // What cannot be said now is found out by the silence.
    await this.queries()
      .ask((connection) =>
        send(connection, [
          ['del', keys.node(id)],
          ['srem', keys.nodes, id],
        ]),
      )
      .catch(() => undefined);
  }

  #note(id: string): void {
    this.#changed.add(id);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (this.#hasLeft || this.#flush !== undefined) return;
    this.#flush = setTimeout(() => {
      this.#flush = undefined;
      this.#tell();
    }, FLUSH_MS).unref();
  }

  #tell(): void {
    this.#telling = this.#telling.then(async () => {
      if (this.#hasLeft) return;
      const isWhole = this.#isStale;
      const changed = isWhole ? this.#connections.keys() : this.#changed;
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
          this.#tellSoon();
        }
      } catch {
        // The next beat says everything again.
        this.#isStale = true;
      }
    });
  }

  #commandsFor(ids: readonly string[], isWhole: boolean): string[][] {
    const hash = this.keys.node(this.id);
    const lifetime = String(ALIVE_MS);
    const set: string[] = [NODE_FIELD, ''];
    const deleted: string[] = [];
    for (const id of ids) {
      const value = this.#connections.get(id);
      if (value === undefined) deleted.push(id);
      else set.push(id, value);
    }
    const commands = [
      isWhole ? ['del', hash] : ['pexpire', hash, lifetime],
      ['sadd', this.keys.nodes, this.id],
    ];
    for (let index = 0; index < set.length; index += CHUNK)
      commands.push(['hset', hash, ...set.slice(index, index + CHUNK)]);
    for (let index = 0; index < deleted.length; index += CHUNK)
      commands.push(['hdel', hash, ...deleted.slice(index, index + CHUNK)]);
    commands.push(['pexpire', hash, lifetime]);
    return commands;
  }
}

async function send(
  connection: RedisConnection,
  commands: string[][],
): Promise<readonly unknown[]> {
  const replies = await connection.pipeline(ANSWER_LIMIT_MS, commands);
  const failed = replies.find((reply) => reply instanceof Error);
  if (failed !== undefined) throw failed;
  return replies;
}

function connectionsOf(values: readonly string[]): PresentConnection[] {
  return values
    .filter((value) => value !== '')
    .map((value) => JSON.parse(value) as PresentConnection);
}
