import type { Frame } from '../../event/frame.js';

/**
 * What a connection sends in one turn, as a list that grows at its end. Connections that are given the
 * same frames in the same order end up with the very same list, so that its bytes are put together once
 * however many connections write them, and none of them holds an array of its own.
 */
export class Batch {
  #next: Batch | undefined;
  #bytes: Buffer | undefined;
  #chunk: Buffer | undefined;

  private constructor(
    readonly parent: Batch | undefined,
    readonly frame: Frame | undefined,
    /** Bytes in all. */
    readonly size: number,
    /** Frames in all. */
    readonly count: number,
  ) {}

  /** An empty list, the root of all that are made in one turn. */
  static root(): Batch {
    return new Batch(undefined, undefined, 0, 0);
  }

  /** The list with one more frame. */
  with(frame: Frame): Batch {
    if (this.#next?.frame === frame) return this.#next;
    return (this.#next = new Batch(
      this,
      frame,
      this.size + frame.size,
      this.count + 1,
    ));
  }

  /** The event blocks. */
  get bytes(): Buffer {
    return (this.#bytes ??=
      this.count === 1 ? this.frame!.bytes : assemble(this, '', ''));
  }

  /**
   * The event blocks as one chunk of HTTP/1.1's chunked coding.
   * @see https://www.rfc-editor.org/rfc/rfc9112#name-chunked-transfer-coding
   */
  get chunk(): Buffer {
    return (this.#chunk ??= assemble(
      this,
      `${this.size.toString(16)}\r\n`,
      '\r\n',
    ));
  }
}

function assemble(last: Batch, head: string, foot: string): Buffer {
  const result = Buffer.allocUnsafe(head.length + last.size + foot.length);
  let end = result.length - foot.length;
  result.write(foot, end, 'latin1');
  for (
    let batch: Batch | undefined = last;
    batch?.frame !== undefined;
    batch = batch.parent
  ) {
    end -= batch.frame.size;
    batch.frame.bytes.copy(result, end);
  }
  result.write(head, 0, 'latin1');
  return result;
}
