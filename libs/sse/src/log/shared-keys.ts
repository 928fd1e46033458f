/**
 * A small store of values with a lifetime, shared by all nodes: an ability that a log's engine may have
 * beside the log, for tickets and the like. Without it they are known to one process only.
 */
export interface SharedKeys {
  put(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Gives the value to one caller only, whoever else asks at the same time on any node. */
  take(key: string): Promise<string | undefined>;
}
