import type { SharedKeys } from '../shared-keys.js';

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** How many puts between two looks for what has expired. */
const PUTS_PER_SWEEP = 1_000;

/** Shared by one process. */
export class MemorySharedKeys implements SharedKeys {
  readonly #entries = new Map<string, Entry>();
  #puts = 0;

  /** How many values are kept, expired ones that nobody asked for included. */
  get size(): number {
    return this.#entries.size;
  }

  async put(key: string, value: string, ttlMs: number): Promise<void> {
    this.#entries.set(key, { value, expiresAt: Date.now() + ttlMs });
    if (++this.#puts % PUTS_PER_SWEEP === 0) this.#sweep();
  }

  async get(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.expiresAt > Date.now())
      return entry?.value;
    this.#entries.delete(key);
    return undefined;
  }

  async take(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry !== undefined && entry.expiresAt > Date.now()
      ? entry.value
      : undefined;
  }

  #sweep(): void {
    const now = Date.now();
    for (const [key, { expiresAt }] of this.#entries)
      if (expiresAt <= now) this.#entries.delete(key);
  }
}
