/** How long a node that says nothing counts as alive, in milliseconds. */
const ALIVE_MS = 20_000;

/** Characters of counts in one message: the server takes a megabyte at least. */
const PART_LENGTH = 200_000;

export type Count = readonly [key: string, own: number];

/** What a node says of its counts. Each word of a change has the next number, so that a lost one is noticed. */
export interface CountWord {
  readonly node: string;
  /** How many changes the node had told with this word. */
  readonly number: number;
  /**
   * `change`: these counts are others now; `whole`: these are all counts; `more`: the rest of them; `beat`: nothing has
   * changed; `leave`: there is no such node any more.
   */
  readonly kind: 'change' | 'whole' | 'more' | 'beat' | 'leave';
  readonly counts?: readonly Count[] | undefined;
}

interface OtherNode {
  heardAt: number;
  number: number;
  readonly counts: Map<string, number>;
}

/** What the other nodes have said of their counts. */
export class OtherCounts {
  readonly #nodes = new Map<string, OtherNode>();

  /** @returns whether something was missed, so that the node has to be asked for everything */
  hear(word: Partial<CountWord>): boolean {
    const { node, number, kind, counts = [] } = word;
    if (typeof node !== 'string' || typeof number !== 'number') return false;
    if (kind === 'leave') {
      this.#nodes.delete(node);
      return false;
    }
    if (kind === 'whole') this.#nodes.set(node, newNode(number));
    const known = this.#nodes.get(node);
    if (known === undefined) return true;
    known.heardAt = performance.now();
    if (kind === 'beat') return number !== known.number;
    if (kind === 'change') {
      if (number <= known.number) return false;
      if (number > known.number + 1) return true;
      known.number = number;
    } else if (number !== known.number) {
      return false;
    }
    for (const [key, own] of counts) {
      if (own === 0) known.counts.delete(key);
      else known.counts.set(key, own);
    }
    return false;
  }

  /** How many the nodes that are alive have together. */
  of(key: string): number {
    const oldest = performance.now() - ALIVE_MS;
    let sum = 0;
    for (const [node, { heardAt, counts }] of this.#nodes) {
      if (heardAt < oldest) this.#nodes.delete(node);
      else sum += counts.get(key) ?? 0;
    }
    return sum;
  }
}

/** Divides counts into parts that the server takes; one part at least. */
export function partsOf(counts: Iterable<Count>): (readonly Count[])[] {
  const parts: Count[][] = [[]];
  let length = 0;
  for (const count of counts) {
    length += count[0].length + 12;
    if (length > PART_LENGTH) {
      parts.push([]);
      length = count[0].length;
    }
    parts.at(-1)!.push(count);
  }
  return parts;
}

function newNode(number: number): OtherNode {
  return { heardAt: performance.now(), number, counts: new Map() };
}
