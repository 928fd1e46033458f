import { combineCrc32, crc32Shift } from './crc32.js';

/** So often in a row a stream works its sum out alone, before it falls in with others. */
const MISSES_TO_JOIN = 32;

/** What a row of pieces comes to. It knows none of them: a stream that stands still keeps nothing alive. */
interface Sum {
  readonly crc: number;
  /** In bytes. */
  readonly length: number;
}

const NOTHING: Sum = { crc: 0, length: 0 };

/** A piece that any number of streams append. */
export class Crc32Piece implements Sum {
  readonly #shift: number;
  #latestFrom: Sum | undefined;
  #latest: Sum | undefined;

  constructor(
    readonly crc: number,
    readonly length: number,
  ) {
    this.#shift = crc32Shift(length);
  }

  /** Where the stream stands that was the latest to work out its sum. */
  get latest(): Sum | undefined {
    return this.#latest;
  }

  /** The sum behind another one, if the latest stream stood there as well. */
  recall(from: Sum): Sum | undefined {
    return from === this.#latestFrom ? this.#latest : undefined;
  }

  /** The sum behind another one, for those to recall that stand there as well. */
  workOut(from: Sum): Sum {
    this.#latestFrom = from;
    return (this.#latest = this.appendTo(from));
  }

  appendTo({ crc, length }: Sum): Sum {
    return {
      crc: combineCrc32(crc, this.crc, this.#shift),
      length: length + this.length,
    };
  }
}

/**
 * The CRC-32 of all pieces appended so far. Streams that append the same pieces go along one row of sums,
 * which is worked out once for all of them, wherever each of them came in.
 */
export class RunningCrc32 {
  /** Of what was appended before the stream fell in with others, where they stood at `#since`. */
  #before = NOTHING;
  #since = NOTHING;
  #row = NOTHING;
  #misses = 0;

  append(piece: Crc32Piece): void {
    const known = piece.recall(this.#row);
    if (known !== undefined) {
      this.#row = known;
      this.#misses = 0;
    } else if (piece.latest === undefined || ++this.#misses < MISSES_TO_JOIN) {
      this.#row = piece.workOut(this.#row);
    } else {
      this.#before = piece.appendTo(this.total);
      this.#since = this.#row = piece.latest;
      this.#misses = 0;
    }
  }

  get total(): Sum {
    const before = this.#before;
    const length = this.#row.length - this.#since.length;
    const shift = crc32Shift(length);
    // The row without what others appended before: to subtract is to take the exclusive or.
    const own = combineCrc32(this.#since.crc, this.#row.crc, shift);
    return {
      crc: combineCrc32(before.crc, own, shift),
      length: before.length + length,
    };
  }
}
