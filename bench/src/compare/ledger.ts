/** One publish, and what became of it. */
interface Publish {
  readonly publisher: string;
  readonly number: number;
  readonly startedAt: number;
  state: 'pending' | 'acknowledged' | 'failed';
}

/** What one client saw, in its order. */
export type Sighting =
  | { readonly kind: 'event'; readonly key: string; readonly at: number }
  /** The client was told that something is missing: by a reset, or by an answer that is no stream. */
  | { readonly kind: 'told'; readonly at: number };

/** Counted over all clients: an event that two clients miss counts twice. */
export interface Counts {
  readonly acknowledged: number;
  readonly failed: number;
  readonly missingSilently: number;
  readonly missingTold: number;
  readonly twice: number;
  readonly reordered: number;
}

/** Knows what was published, and counts what the clients saw of it. */
export class Ledger {
  readonly #publishes = new Map<string, Publish>();
  readonly #numbers = new Map<string, number>();

  /** Notes the beginning of a publish, and gives its key. */
  begin(publisher: string): string {
    const number = (this.#numbers.get(publisher) ?? 0) + 1;
    this.#numbers.set(publisher, number);
    const key = `${publisher}-${number}`;
    const startedAt = performance.now();
    this.#publishes.set(key, {
      publisher,
      number,
      startedAt,
      state: 'pending',
    });
    return key;
  }

  settle(key: string, state: 'acknowledged' | 'failed'): void {
    this.#publishes.get(key)!.state = state;
  }

  /** @param since what was published before does not count: not everybody was there yet */
  count(clients: readonly (readonly Sighting[])[], since: number): Counts {
    const counted = [...this.#publishes].filter(
      ([, { startedAt }]) => startedAt >= since,
    );
    const having = (state: Publish['state']) =>
      counted.filter(([, publish]) => publish.state === state);
    let [missingSilently, missingTold, twice, reordered] = [0, 0, 0, 0];
    for (const sightings of clients) {
      const seen = new Set<string>();
      const newest = new Map<string, number>();
      let toldAt = -Infinity;
      for (const sighting of sightings) {
        if (sighting.kind === 'told') {
          toldAt = sighting.at;
          continue;
        }
        const publish = this.#publishes.get(sighting.key);
        if (publish === undefined || publish.startedAt < since) continue;
        if (seen.has(sighting.key)) {
          twice++;
          continue;
        }
        seen.add(sighting.key);
        const before = newest.get(publish.publisher) ?? 0;
        if (publish.number < before) reordered++;
        newest.set(publish.publisher, Math.max(before, publish.number));
      }
      for (const [key, { startedAt }] of having('acknowledged')) {
        if (seen.has(key)) continue;
        if (toldAt >= startedAt) missingTold++;
        else missingSilently++;
      }
    }
    return {
      acknowledged: having('acknowledged').length,
      failed: having('failed').length + having('pending').length,
      missingSilently,
      missingTold,
      twice,
      reordered,
    };
  }
}
