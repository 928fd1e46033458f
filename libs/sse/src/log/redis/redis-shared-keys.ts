import type { SharedKeys } from '../shared-keys.js';
import type { RedisKeys } from './redis-keys.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';
import type { RedisQueries } from './redis-queries.js';

/** Values that all nodes share, with a lifetime that the server watches over. */
export class RedisSharedKeys implements SharedKeys {
  constructor(
    private readonly queries: () => RedisQueries,
    private readonly keys: RedisKeys,
  ) {}

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    const name = this.keys.shared(key);
    const lifetime = String(Math.ceil(ttlMs));
    await this.queries().ask((connection) =>
      connection.call(ANSWER_LIMIT_MS, 'set', name, value, 'PX', lifetime),
    );
  }

  async get(key: string): Promise<string | undefined> {
    const name = this.keys.shared(key);
    const value = await this.queries().ask((connection) =>
      connection.call(ANSWER_LIMIT_MS, 'get', name),
    );
    return (value as string | null) ?? undefined;
  }

  // Never asked twice: the first answer may be lost, and the second one would say that the key was taken.
  async take(key: string): Promise<string | undefined> {
    const name = this.keys.shared(key);
    const value = await this.queries().askOnce((connection) =>
      connection.call(ANSWER_LIMIT_MS, 'getdel', name),
    );
    return (value as string | null) ?? undefined;
  }
}
