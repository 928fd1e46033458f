import type { Presence, PresenceNode, PresentConnection } from '../presence.js';
import { newNodeId } from '../remote/node-id.js';
import type { RedisKeys } from './redis-keys.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import { RedisNodeHash, send } from './redis-node-hash.js';
import type { RedisQueries } from './redis-queries.js';

/** One hash for each node, with a field for each of its streams, and a set of the nodes' names. */
export class RedisPresence implements Presence {
  constructor(
    private readonly queries: () => RedisQueries,
    private readonly keys: RedisKeys,
  ) {}

  join(): PresenceNode {
    const id = newNodeId();
    const { nodes: names } = this.keys;
    const place = { names, name: id, hash: this.keys.node(id) };
    const hash = new RedisNodeHash(this.queries, place);
    return {
      id,
      add: (connection) => hash.set(connection.id, JSON.stringify(connection)),
      delete: (connectionId) => hash.delete(connectionId),
      leave: () => hash.leave(),
    };
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

function connectionsOf(values: readonly string[]): PresentConnection[] {
  return values
    .filter((value) => value !== '')
    .map((value) => JSON.parse(value) as PresentConnection);
}
