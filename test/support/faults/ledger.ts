/** What became of one publish. `unknown` may have been appended, once. */
export type Outcome =
  | { readonly state: 'published'; readonly id: string }
  | { readonly state: 'rejected' | 'unknown' };

/** What one client saw, in its order. */
export type Sighting =
  | { readonly kind: 'event'; readonly key: string; readonly id: string }
  /** It stands here: everything behind is still to come. */
  | { readonly kind: 'place'; readonly id: string }
  | { readonly kind: 'reset'; readonly reason: string };

interface Place {
  readonly epoch: string;
  readonly offset: number;
}

/**
 * Knows what was published and what clients saw, and says what must not have happened. It knows nothing of engines:
 * any log has to pass it, whatever is done to its servers.
 */
export class Ledger {
  readonly #outcomes = new Map<string, Outcome>();

  note(key: string, outcome: Outcome): void {
    this.#outcomes.set(key, outcome);
  }

  count(state: Outcome['state']): number {
    let count = 0;
    for (const one of this.#outcomes.values()) if (one.state === state) count++;
    return count;
  }

  /** Every violation of the promises, in words; none if all is well. */
  violations(clients: readonly (readonly Sighting[])[]): string[] {
    const idsByKey = new Map<string, string>();
    return clients.flatMap((sightings, index) =>
      [
        ...this.#ofEvents(sightings, idsByKey),
        ...orderOf(sightings),
        ...this.#gapsOf(sightings),
      ].map((violation) => `client ${index}: ${violation}`),
    );
  }

  *#ofEvents(
    sightings: readonly Sighting[],
    idsByKey: Map<string, string>,
  ): Generator<string> {
    const seen = new Set<string>();
    for (const one of sightings) {
      if (one.kind !== 'event') continue;
      const { key, id } = one;
      if (seen.has(key)) yield `saw ${key} twice`;
      seen.add(key);
      const outcome = this.#outcomes.get(key);
      if (outcome?.state === 'rejected') yield `saw ${key}, which was rejected`;
      const expected =
        outcome?.state === 'published' ? outcome.id : idsByKey.get(key);
      idsByKey.set(key, id);
      if (expected !== undefined && expected !== id)
        yield `saw ${key} with the id ${id}, and not ${expected}`;
    }
  }

  // Between two neighbours without a reset in between, nothing that was acknowledged may be missing.
  *#gapsOf(sightings: readonly Sighting[]): Generator<string> {
    const published = this.#published();
    let previous: Place | undefined;
    for (const one of sightings) {
      if (one.kind === 'reset') {
        previous = undefined;
        continue;
      }
      const place = placeOf(one.id);
      if (previous !== undefined) {
        if (previous.epoch !== place.epoch)
          yield `came from ${show(previous)} to ${one.id} without a reset`;
        const missed = (published.get(place.epoch) ?? []).filter(
          ({ offset }) => offset > previous!.offset && offset < place.offset,
        );
        for (const { key, offset } of missed)
          yield `missed ${key} at ${offset}, between ${show(previous)} and ${one.id}`;
      }
      previous = place;
    }
  }

  #published(): Map<string, { key: string; offset: number }[]> {
    const byEpoch = new Map<string, { key: string; offset: number }[]>();
    for (const [key, outcome] of this.#outcomes) {
      if (outcome.state !== 'published') continue;
      const { epoch, offset } = placeOf(outcome.id);
      const places = byEpoch.get(epoch) ?? [];
      places.push({ key, offset });
      byEpoch.set(epoch, places);
    }
    return byEpoch;
  }
}

function* orderOf(sightings: readonly Sighting[]): Generator<string> {
  let previous: Place | undefined;
  for (const one of sightings) {
    if (one.kind === 'reset') previous = undefined;
    if (one.kind !== 'event') continue;
    const place = placeOf(one.id);
    if (
      previous !== undefined &&
      previous.epoch === place.epoch &&
      previous.offset >= place.offset
    )
      yield `saw ${one.id} behind ${show(previous)}`;
    previous = place;
  }
}

function placeOf(id: string): Place {
  const [epoch, offset] = id.split('.');
  return { epoch: epoch!, offset: Number(offset) };
}

function show({ epoch, offset }: Place): string {
  return `${epoch}.${offset}`;
}
