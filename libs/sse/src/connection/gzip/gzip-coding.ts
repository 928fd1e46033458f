import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { Batch } from '../output/batch.js';
import { Crc32Piece, RunningCrc32 } from './running-crc32.js';

/** How streams are compressed. */
export interface CompressionOptions {
  /**
   * zlib's level, from 1 (fast) to 9 (small).
   * @default 6
   */
  readonly level?: number | undefined;
  /**
   * What is sent in one turn and is smaller than this many bytes goes uncompressed.
   * @default 128
   */
  readonly minBytes?: number | undefined;
}

/** A batch as a piece of any gzip stream. */
export class CodedBatch {
  #chunk: Buffer | undefined;

  constructor(
    readonly bytes: Buffer,
    readonly checksum: Crc32Piece,
  ) {}

  /** The piece as one chunk of HTTP/1.1's chunked coding. */
  get chunk(): Buffer {
    return (this.#chunk ??= Buffer.concat([
      Buffer.from(`${this.bytes.length.toString(16)}\r\n`),
      this.bytes,
      CRLF,
    ]));
  }
}

// No name, no time, unknown system: https://www.rfc-editor.org/rfc/rfc1952#section-2.3
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last block: https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3 */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
const CRLF = Buffer.from('\r\n');
const MAX_STORED = 0xffff;

/**
 * Compresses a batch once, however many clients get it. Each piece starts from an empty window and ends
 * on a byte boundary (a full flush), so that it can follow any other piece in any client's stream, and
 * can be decoded as soon as it arrives.
 */
export class GzipCoding {
  readonly #level: number;
  readonly #minBytes: number;
  readonly #coded = new WeakMap<Batch, CodedBatch>();
  #latest: Batch | undefined;
  #latestCoded: CodedBatch | undefined;

  constructor({ level, minBytes }: CompressionOptions) {
    this.#level = level ?? 6;
    this.#minBytes = minBytes ?? 128;
  }

  code(batch: Batch): CodedBatch {
    // Mostly one batch for all connections of a turn, one after the other.
    if (batch === this.#latest) return this.#latestCoded!;
    let coded = this.#coded.get(batch);
    if (coded === undefined) {
      coded = this.#compress(batch.bytes);
      this.#coded.set(batch, coded);
    }
    this.#latest = batch;
    this.#latestCoded = coded;
    return coded;
  }

  #compress(bytes: Buffer): CodedBatch {
    const isSmall = bytes.length < this.#minBytes && bytes.length <= MAX_STORED;
    const coded = isSmall
      ? stored(bytes)
      : deflateRawSync(bytes, {
          level: this.#level,
          finishFlush: constants.Z_FULL_FLUSH,
        });
    return new CodedBatch(coded, new Crc32Piece(crc32(bytes), bytes.length));
  }
}

/** One client's gzip stream: all that it does not share with others is its checksum and its length. */
export class GzipStream {
  readonly #checksum = new RunningCrc32();

  constructor(private readonly coding: GzipCoding) {}

  /** The stream's beginning, with what comes first. */
  begin(batch: Batch): Buffer {
    return Buffer.concat([HEADER, this.next(batch).bytes]);
  }

  next(batch: Batch): CodedBatch {
    const coded = this.coding.code(batch);
    this.#checksum.append(coded.checksum);
    return coded;
  }

  /** The stream's end: https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
  end(): Buffer {
    const { crc, length } = this.#checksum.total;
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc, 0);
    // Modulo 2^32, as the specification wants it.
    trailer.writeUInt32LE(length >>> 0, 4);
    return Buffer.concat([LAST_BLOCK, trailer]);
  }
}

// A block without compression: https://www.rfc-editor.org/rfc/rfc1951#section-3.2.4
function stored(bytes: Buffer): Buffer {
  const block = Buffer.allocUnsafe(5 + bytes.length);
  block.writeUInt8(0, 0);
  block.writeUInt16LE(bytes.length, 1);
  block.writeUInt16LE(bytes.length ^ 0xffff, 3);
  bytes.copy(block, 5);
  return block;
}
