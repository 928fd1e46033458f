/** A rate: so many in so long. All of them may come at once; they come back one by one. */
export interface OpenRateOptions {
  /** How many streams, 1 or more. */
  readonly opens: number;
  /** Milliseconds. */
  readonly perMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Addresses that are remembered at most: an attacker may have very many. */
const MAX_BUCKETS = 100_000;

/** A token bucket for each address. */
export class OpenRate {
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();
  #lastSweepAt = 0;

  constructor(private readonly options: OpenRateOptions) {}

  /** Takes a token, or says in how many milliseconds there will be one. */
  take(key: string, now = performance.now()): number {
    const { opens, perMs } = this.options;
    const perToken = perMs / opens;
    const bucket = this.#buckets.get(key) ?? { tokens: opens, at: now };
    bucket.tokens = Math.min(
      opens,
      bucket.tokens + (now - bucket.at) / perToken,
    );
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#sweep(now);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) * perToken);
    bucket.tokens--;
    return 0;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  // A bucket that nobody has used for `perMs` is full again: as if it had never been.
  #sweep(now: number): void {
    if (
      now - this.#lastSweepAt < this.options.perMs &&
      this.#buckets.size <= MAX_BUCKETS
    )
      return;
    this.#lastSweepAt = now;
    for (const [key, { at }] of this.#buckets) {
      if (now - at < this.options.perMs && this.#buckets.size <= MAX_BUCKETS)
        return;
      this.#buckets.delete(key);
    }
  }
}
