/** Something that was made out of a record, and can be made again. */
export interface HoldsForms {
  /** Lets go of the encoded and the parsed form. */
  forgetForms(): void;
}

interface Made {
  readonly holder: HoldsForms;
  readonly bytes: number;
}

/** Enough for all that is sent in a turn, and for thousands of clients that come back to the same small events. */
const MAX_BYTES = 512 * 1024;

/**
 * What was made last of the records of this process, so that it is made once for all that ask for it at about
 * the same time. Logs keep the records for much longer, and count only what the records themselves take: this
 * bound is what holds for the rest.
 */
export class RecentForms {
  #made: (Made | undefined)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /** @param bytes about what the new form takes */
  add(holder: HoldsForms, bytes: number): void {
    this.#made.push({ holder, bytes });
    this.#bytes += bytes;
    // Even where it is too large for all of this, the newest is made once and not for every subscriber.
    while (this.#bytes > this.maxBytes) {
      const oldest = this.#made[this.#first]!;
      if (oldest.holder === holder) break;
      this.#made[this.#first++] = undefined;
      this.#bytes -= oldest.bytes;
      oldest.holder.forgetForms();
    }
    if (this.#first > 1_024 && this.#first * 2 > this.#made.length) {
      this.#made = this.#made.slice(this.#first);
      this.#first = 0;
    }
  }
}
