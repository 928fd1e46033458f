import type { OptionRules } from '../../base/option-rules.js';
import { addressKeyOf } from './address.js';
import { OpenRate, type OpenRateOptions } from './open-rate.js';
import { StreamRefusal } from './stream-refusal.js';

/** How many streams may be open at a time on one node; what is left out is not limited. */
export interface LimitOptions {
  /** All together, 1 or more. */
  readonly total?: number | undefined;
  /** Of one principal, 1 or more. */
  readonly perPrincipal?: number | undefined;
  /** From one address, 1 or more; IPv6 addresses count by /64. Behind proxies set the platform's `trust proxy`. */
  readonly perIp?: number | undefined;
  /** How fast streams may be opened from one address, refused ones included. */
  readonly openRatePerIp?: OpenRateOptions | undefined;
}

export const LIMIT_RULES = {
  total: { integer: true, min: 1 },
  perPrincipal: { integer: true, min: 1 },
  perIp: { integer: true, min: 1 },
  openRatePerIp: {
    nested: { opens: { integer: true, min: 1 }, perMs: { min: 1 } },
    required: ['opens', 'perMs'],
  },
} as const satisfies OptionRules;

/** Counts the streams that are open or about to be, and refuses those over the limits. */
export class ConnectionLimits {
  #total = 0;
  readonly #byAddress = new Map<string, number>();
  readonly #byPrincipal = new Map<string, number>();
  readonly #isActive: boolean;
  readonly #rate: OpenRate | undefined;

  constructor(private readonly options: LimitOptions = {}) {
    const { openRatePerIp } = options;
    this.#rate = openRatePerIp && new OpenRate(openRatePerIp);
    this.#isActive = Object.values(options).some((one) => one !== undefined);
  }

  /** How many places are taken. */
  get total(): number {
    return this.#total;
  }

  /**
   * Takes a place for a stream, before anything else is spent on it; undefined if nothing is limited.
   * @throws StreamRefusal
   */
  reserve(address: string | undefined): Reservation | undefined {
    if (!this.#isActive) return undefined;
    const { total = Infinity, perIp } = this.options;
    const key =
      perIp === undefined && this.#rate === undefined
        ? undefined
        : addressKeyOf(address);
    if (key !== undefined) {
      const waitMs = this.#rate?.take(key) ?? 0;
      if (waitMs > 0)
        throw tooMany('Streams are opened too fast from this address.', waitMs);
      if (isFull(this.#byAddress, key, perIp))
        throw tooMany('Too many streams are open from this address.');
    }
    if (this.#total >= total)
      throw new StreamRefusal('SERVER_FULL', 'Too many streams are open.');
    this.#total++;
    const counted = perIp === undefined ? undefined : key;
    if (counted !== undefined) add(this.#byAddress, counted);
    return new Reservation(
      (before, id) => this.#recount(before, id),
      (principal) => {
        this.#total--;
        if (counted !== undefined) subtract(this.#byAddress, counted);
        this.#recount(principal, undefined);
      },
    );
  }

  /** Counts a stream for another principal than before; for nobody, if undefined. */
  #recount(before: string | undefined, id: string | undefined): void {
    const { perPrincipal } = this.options;
    if (perPrincipal === undefined || before === id) return;
    if (id !== undefined) {
      if (isFull(this.#byPrincipal, id, perPrincipal))
        throw tooMany('Too many streams are open for you.');
      add(this.#byPrincipal, id);
    }
    if (before !== undefined) subtract(this.#byPrincipal, before);
  }
}

/** The place of one stream. */
export class Reservation {
  #principal: string | undefined;
  #isReleased = false;

  constructor(
    private readonly recount: (
      before: string | undefined,
      principal: string | undefined,
    ) => void,
    private readonly onRelease: (principal: string | undefined) => void,
  ) {}

  /**
   * Counts the place for this principal, in place of the one that it was counted for; for nobody, if undefined.
   * @throws StreamRefusal; it is counted as before then
   */
  assign(principal: { readonly id: string } | undefined): void {
    if (this.#isReleased) return;
    this.recount(this.#principal, principal?.id);
    this.#principal = principal?.id;
  }

  /** Gives the place back, once, whoever calls first. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.onRelease(this.#principal);
  }
}

function tooMany(message: string, waitMs?: number): StreamRefusal {
  return new StreamRefusal('TOO_MANY_STREAMS', message, waitMs);
}

function isFull(
  counts: ReadonlyMap<string, number>,
  key: string,
  limit = Infinity,
): boolean {
  return (counts.get(key) ?? 0) >= limit;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function subtract(counts: Map<string, number>, key: string): void {
  const count = counts.get(key)! - 1;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
