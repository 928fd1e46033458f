import { SseException } from '../../base/exception.js';
import { newNodeId } from '../remote/node-id.js';
import type { CountClaim, NodeCounts, SharedCounts } from '../shared-counts.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisLink } from './redis-link.js';
import { ALIVE_MS, RedisNodeHash, send } from './redis-node-hash.js';
import type { RedisQueries } from './redis-queries.js';
import { CLAIM } from './redis-scripts.js';

/** Nodes that come and go at the same time as a claim make it look again; so often they do not. */
const MAX_ATTEMPTS = 5;

/** One hash for each node, with a field for each of its counts: one script adds them up where a place is claimed. */
export class RedisCounts implements SharedCounts {
  constructor(
    private readonly queries: () => RedisQueries,
    private readonly link: RedisLink,
  ) {}

  join(): NodeCounts {
    return new RedisNodeCounts(this.queries, this.link);
  }
}

class RedisNodeCounts implements NodeCounts {
  readonly #hash: RedisNodeHash;
  readonly #keys: RedisKeys;
  /** The other nodes, as of the last claim. */
  #others: readonly string[] = [];

  constructor(
    private readonly queries: () => RedisQueries,
    private readonly link: RedisLink,
  ) {
    const name = newNodeId();
    this.#keys = link.keys;
    const { counting: names } = this.#keys;
    const place = { names, name, hash: this.#keys.counts(name) };
    this.#hash = new RedisNodeHash(queries, place);
  }

  set(key: string, own: number): void {
    if (own === 0) this.#hash.delete(key);
    else this.#hash.set(key, String(own));
  }

  async claim(claim: CountClaim): Promise<boolean> {
    // Also in what is said again from time to time: the script's answer may get lost.
    this.set(claim.key, claim.own);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const reply = await this.#run(claim);
      if (Array.isArray(reply)) this.#others = await this.#alive(reply);
      else if (reply === 'forgotten') await this.#hash.restate();
      else return reply === 'granted';
    }
    throw new SseException(
      'LOG_UNAVAILABLE',
      'Redis does not keep what nodes say of their streams.',
    );
  }

  leave(): Promise<void> {
    return this.#hash.leave();
  }

  /** The other nodes that are alive, of these; the rest is taken out for all. */
  async #alive(names: readonly string[]): Promise<readonly string[]> {
    const { names: all, name: own } = this.#hash.place;
    const others = names.filter((name) => name !== own);
    if (others.length === 0) return [];
    return this.queries().ask(async (connection) => {
      const replies = await send(
        connection,
        others.map((name) => ['exists', this.#keys.counts(name)]),
      );
      const dead = others.filter((_name, index) => replies[index] === 0);
      // One that is alive after all says so with its next beat.
      if (dead.length > 0) await send(connection, [['srem', all, ...dead]]);
      return others.filter((name) => !dead.includes(name));
    });
  }

  /** @returns `granted`, `refused`, `forgotten`, or the names of all nodes where they are others than was thought */
  #run({ key, own, limit }: CountClaim): Promise<unknown> {
    const { name, names, hash } = this.#hash.place;
    const others = this.#others;
    const keys = [names, hash, ...others.map((one) => this.#keys.counts(one))];
    const args = [
      name,
      key,
      String(own),
      String(limit),
      String(ALIVE_MS),
      ...others,
    ];
    return this.queries().ask((connection) =>
      this.link.run(connection, CLAIM, keys, args),
    );
  }
}
