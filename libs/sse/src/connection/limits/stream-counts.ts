import type { ClusterCounts } from './cluster-counts.js';
import type { StreamRefusal } from './stream-refusal.js';

/** A place among others of its kind, of which there may be only so many. */
export interface Place {
  /** Of which kind: all streams, those of a principal, or those from an address. */
  readonly key: string;
  readonly limit: number;
  readonly refusal: () => StreamRefusal;
}

/** How many streams there are of each kind, on this node, and on all nodes where that is asked for. */
export class StreamCounts {
  readonly #own = new Map<string, number>();

  constructor(private readonly cluster: ClusterCounts | undefined) {}

  /**
   * Counts one more. It is counted meanwhile, and has to be given back also if that is refused later.
   * @returns settles when it is known whether all nodes together may have it; undefined if that is known now
   * @throws StreamRefusal; then it is not counted
   */
  take({ key, limit, refusal }: Place): Promise<void> | undefined {
    const own = (this.#own.get(key) ?? 0) + 1;
    if (own > limit) throw refusal();
    this.#own.set(key, own);
    if (this.cluster === undefined) return undefined;
    return this.cluster.allows({ key, own, limit }).then((isAllowed) => {
      if (!isAllowed) throw refusal();
    });
  }

  /** Counts one less. */
  give(key: string): void {
    const own = this.#own.get(key)! - 1;
    if (own === 0) this.#own.delete(key);
    else this.#own.set(key, own);
    this.cluster?.set(key, own);
  }
}
