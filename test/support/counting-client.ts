import http from 'node:http';
import { once } from 'node:events';

/** A client that keeps no more of a stream than the numbers in it, for streams of hundreds of thousands. */
export class CountingClient {
  /** How many numbers came. */
  count = 0;
  /** The latest number. */
  last = -1;
  /** Whether a number came that was not the one after the latest, apart from what a reset announced. */
  isBroken = false;
  resets = 0;
  isClosed = false;
  #pending = '';
  #mayJump = true;

  private constructor(
    private readonly request: http.ClientRequest,
    private readonly response: http.IncomingMessage,
  ) {
    response.setEncoding('latin1');
    response.on('data', (text: string) => this.#take(text));
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    response.on('close', () => (this.isClosed = true));
  }

  /** Opens a stream of events whose data begins with a number. */
  static async open(url: string): Promise<CountingClient> {
    const request = http.get(url, { agent: false });
    const [response] = (await once(request, 'response')) as [
      http.IncomingMessage,
    ];
    return new CountingClient(request, response);
  }

  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.request.destroy();
  }

  #take(text: string): void {
    const blocks = (this.#pending + text).split('\n\n');
    this.#pending = blocks.pop()!;
    for (const block of blocks) {
      if (block.includes('stream-reset')) {
        this.resets++;
        this.#mayJump = true;
      }
      const match = /^data: "?(\d+)/m.exec(block);
      if (match !== null) this.#count(Number(match[1]));
    }
  }

  #count(number: number): void {
    const isNext = number === this.last + 1;
    if (!isNext && !(this.#mayJump && number > this.last)) this.isBroken = true;
    this.#mayJump = false;
    this.last = number;
    this.count++;
  }
}
