import type { OptionRules } from '../../base/option-rules.js';
import { addressKeyOf } from './address.js';
import type { ClusterCounts } from './cluster-counts.js';
import { OpenRate, type OpenRateOptions } from './open-rate.js';
import { StreamCounts, type Place } from './stream-counts.js';
import { StreamRefusal } from './stream-refusal.js';

/** How many streams may be open at a time; what is left out is not limited. */
export interface LimitOptions {
  /**
   * Whether `total`, `perPrincipal` and `perIp` hold for each node, or for all nodes of one log together. The latter
   * needs a log that counts over nodes (`redisEventLog()`, `natsEventLog()`), is approximate, and holds for each node
   * while the log's engine is away. A node that died is counted for half a minute at most.
   * @default 'node'
   */
  readonly scope?: 'node' | 'cluster' | undefined;
  /** All together, 1 or more. */
  readonly total?: number | undefined;
  /** Of one principal, 1 or more. */
  readonly perPrincipal?: number | undefined;
  /** From one address, 1 or more; IPv6 addresses count by /64. Behind proxies set the platform's `trust proxy`. */
  readonly perIp?: number | undefined;
  /** How fast streams may be opened from one address, refused ones included. For each node. */
  readonly openRatePerIp?: OpenRateOptions | undefined;
}

export const LIMIT_RULES = {
  scope: { oneOf: ['node', 'cluster'] },
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
  readonly #counts: StreamCounts;
  /** Whether anything is limited at all. */
  readonly isActive: boolean;
  readonly #rate: OpenRate | undefined;

  constructor(
    private readonly options: LimitOptions = {},
    cluster?: ClusterCounts,
  ) {
    const { scope: _scope, openRatePerIp, ...limits } = options;
    this.#counts = new StreamCounts(cluster);
    this.#rate = openRatePerIp && new OpenRate(openRatePerIp);
    this.isActive =
      this.#rate !== undefined ||
      Object.values(limits).some((limit) => limit !== undefined);
  }

  /**
   * Takes a place for a stream, before anything else is spent on it; undefined if nothing is limited. Where all nodes
   * have to be asked, it is a promise.
   * @throws StreamRefusal
   */
  reserve(
    address: string | undefined,
  ): Reservation | Promise<Reservation> | undefined {
    if (!this.isActive) return undefined;
    const { perIp, total } = this.options;
    const key =
      perIp === undefined && this.#rate === undefined
        ? undefined
        : addressKeyOf(address);
    const waitMs = (key !== undefined && this.#rate?.take(key)) || 0;
    if (waitMs > 0)
      throw tooMany('Streams are opened too fast from this address.', waitMs);
    const places: Place[] = [];
    if (key !== undefined && perIp !== undefined)
      places.push(placeOfAddress(key, perIp));
    if (total !== undefined) places.push(placeAmongAll(total));
    return Reservation.of(places, this.#counts, this.options);
  }
}

/** The places of one stream. */
export class Reservation {
  readonly #taken = new Set<string>();
  #principal: string | undefined;
  #isReleased = false;

  private constructor(
    private readonly counts: StreamCounts,
    private readonly options: LimitOptions,
  ) {}

  /** @throws StreamRefusal; then nothing is taken */
  static of(
    places: readonly Place[],
    counts: StreamCounts,
    options: LimitOptions,
  ): Reservation | Promise<Reservation> {
    const reservation = new Reservation(counts, options);
    const asked: Promise<void>[] = [];
    try {
      for (const place of places) {
        const answer = reservation.#take(place);
        if (answer !== undefined) asked.push(answer);
      }
    } catch (error) {
      reservation.release();
      // Whoever is still being asked answers to nobody.
      for (const answer of asked) answer.catch(() => undefined);
      throw error;
    }
    if (asked.length === 0) return reservation;
    return Promise.all(asked).then(
      () => reservation,
      (error: unknown) => {
        reservation.release();
        throw error;
      },
    );
  }

  /**
   * Counts the stream for this principal, in place of the one that it was counted for; for nobody, if undefined. Where
   * all nodes have to be asked, it is a promise.
   * @throws StreamRefusal; it is counted as before then
   */
  assign(
    principal: { readonly id: string } | undefined,
  ): Promise<void> | undefined {
    const { perPrincipal } = this.options;
    const [before, id] = [this.#principal, principal?.id];
    if (perPrincipal === undefined || this.#isReleased || before === id)
      return undefined;
    const place =
      id === undefined ? undefined : placeOfPrincipal(id, perPrincipal);
    const asked = place && this.#take(place);
    const settle = (): void => {
      this.#principal = id;
      if (before !== undefined) this.#give(keyOfPrincipal(before));
    };
    if (place === undefined || asked === undefined) return void settle();
    return asked.then(settle, (error: unknown) => {
      this.#give(place.key);
      throw error;
    });
  }

  /** Gives the places back, once, whoever calls first. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const key of this.#taken) this.counts.give(key);
    this.#taken.clear();
  }

  #take(place: Place): Promise<void> | undefined {
    const asked = this.counts.take(place);
    this.#taken.add(place.key);
    return asked;
  }

  #give(key: string): void {
    if (this.#taken.delete(key)) this.counts.give(key);
  }
}

function placeAmongAll(limit: number): Place {
  const refusal = () =>
    new StreamRefusal('SERVER_FULL', 'Too many streams are open.');
  return { key: 'all', limit, refusal };
}

function placeOfAddress(address: string, limit: number): Place {
  const refusal = () => tooMany('Too many streams are open from this address.');
  return { key: `address:${address}`, limit, refusal };
}

function placeOfPrincipal(id: string, limit: number): Place {
  const refusal = () => tooMany('Too many streams are open for you.');
  return { key: keyOfPrincipal(id), limit, refusal };
}

function keyOfPrincipal(id: string): string {
  return `principal:${id}`;
}

function tooMany(message: string, waitMs?: number): StreamRefusal {
  return new StreamRefusal('TOO_MANY_STREAMS', message, waitMs);
}
