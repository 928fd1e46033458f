import type { Http2ServerResponse } from 'node:http2';

/** As much as one DATA frame holds unless the peers agree on more. */
const PIECE_BYTES = 16 * 1024;

/**
 * Writes to a stream of HTTP/2 piece by piece. Node reports a write as a whole, and only when the last
 * byte of it has passed flow control, so that a client that reads slowly could not be told from one
 * that does not read.
 */
export class PacedResponse {
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #isRefused = false;
  #isEnding = false;

  constructor(
    private readonly response: Http2ServerResponse,
    private readonly onDrain: () => void,
  ) {}

  /** Bytes that have not passed flow control. */
  get backlog(): number {
    return this.#waitingBytes + this.response.writableLength;
  }

  write(bytes: Buffer): boolean {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) this.#writePiece();
    this.#isRefused = this.backlog >= this.response.writableHighWaterMark;
    return !this.#isRefused;
  }

  end(): void {
    this.#isEnding = true;
    if (!this.#isWriting) this.response.end();
  }

  #writePiece(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const piece = first.subarray(0, PIECE_BYTES);
    if (piece.length === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(PIECE_BYTES);
    this.#waitingBytes -= piece.length;
    this.#isWriting = true;
    this.response.write(piece, 'utf8', (error?: Error | null) => {
      this.#isWriting = false;
      // The client has gone; the response closes.
      if (error) return;
      if (this.#waiting.length > 0) this.#writePiece();
      else if (this.#isEnding) this.response.end();
      else if (this.#isRefused) {
        this.#isRefused = false;
        this.onDrain();
      }
    });
  }
}
