import { SseException } from '../../base/exception.js';

/** How many tickets are added between two looks for those whose time is over. */
const ADDS_PER_SWEEP = 1_000;

/** Counts the tickets that this node has issued and that wait to be redeemed, for each principal. */
export class WaitingTickets {
  readonly #byPrincipal = new Map<string, Map<string, number>>();
  #adds = 0;

  constructor(private readonly maxPerPrincipal: number) {}

  /** How many principals have tickets here, some of which may be over. */
  get size(): number {
    return this.#byPrincipal.size;
  }

  /** @throws SseException `TOO_MANY_TICKETS` */
  add(principalId: string, hash: string, expiresAt: number): void {
    if (++this.#adds % ADDS_PER_SWEEP === 0) this.#sweep();
    const waiting = this.#byPrincipal.get(principalId) ?? new Map();
    if (waiting.size >= this.maxPerPrincipal) dropExpired(waiting);
    if (waiting.size >= this.maxPerPrincipal) {
      throw new SseException(
        'TOO_MANY_TICKETS',
        'Too many tickets wait to be used. Use one, or wait until they are void.',
      );
    }
    this.#byPrincipal.set(principalId, waiting.set(hash, expiresAt));
  }

  remove(principalId: string, hash: string): void {
    const waiting = this.#byPrincipal.get(principalId);
    waiting?.delete(hash);
    if (waiting?.size === 0) this.#byPrincipal.delete(principalId);
  }

  #sweep(): void {
    for (const [principalId, waiting] of this.#byPrincipal) {
      dropExpired(waiting);
      if (waiting.size === 0) this.#byPrincipal.delete(principalId);
    }
  }
}

function dropExpired(waiting: Map<string, number>): void {
  const now = Date.now();
  for (const [hash, expiresAt] of waiting)
    if (expiresAt <= now) waiting.delete(hash);
}
