import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { atEnd } from './at-end.js';
import { connectHttp2 } from './network.js';
import type { Protocol } from './platforms.js';

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
    private readonly response: Readable,
    private readonly cut: () => void,
  ) {
    response.setEncoding('latin1');
    response.on('data', (text: string) => this.#take(text));
    response.on('error', () => undefined);
    response.on('close', () => (this.isClosed = true));
  }

  /** Opens a stream of events whose data begins with a number. */
  static open(
    url: string,
    protocol: Protocol = 'http/1.1',
  ): Promise<CountingClient> {
    return protocol === 'h2' ? this.#openHttp2(url) : this.#openHttp1(url);
  }

  static async #openHttp1(url: string): Promise<CountingClient> {
    const { get } = url.startsWith('https:') ? https : http;
    const request = get(url, { agent: false, rejectUnauthorized: false });
    atEnd(`the client of ${url}`, () => request.destroy());
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [
      http.IncomingMessage,
    ];
    return new CountingClient(response, () => request.destroy());
  }

  static async #openHttp2(url: string): Promise<CountingClient> {
    const session = connectHttp2(url);
    const stream = session.request({ ':path': new URL(url).pathname });
    await once(stream, 'response');
    return new CountingClient(stream, () => session.destroy());
  }

  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.cut();
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
