import http from 'node:http';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parseBlock, type ReceivedBlock } from '../support/sse-client.js';

/** A client over a real socket that reads only when it is let, and may be sent gzip. */
export class ModelClient {
  status = 0;
  isClosed = false;
  lastEventId: string | undefined;
  #text = '';
  #request: http.ClientRequest | undefined;
  #response: http.IncomingMessage | undefined;

  constructor(
    private readonly url: string,
    private readonly acceptsGzip: boolean,
    private readonly onBlock: (block: ReceivedBlock) => void,
  ) {}

  /** Connects, or comes back with the last id that it has; resolves with the response's headers. */
  async connect(): Promise<void> {
    this.close();
    this.#text = '';
    this.isClosed = false;
    const request = http.get(this.url, {
      agent: false,
      headers: {
        ...(this.acceptsGzip && { 'accept-encoding': 'gzip' }),
        ...(this.lastEventId !== undefined && {
          'last-event-id': this.lastEventId,
        }),
      },
    });
    this.#request = request;
    request.on('error', () => (this.isClosed = true));
    const [response] = (await once(request, 'response')) as [
      http.IncomingMessage,
    ];
    this.#response = response;
    this.status = response.statusCode ?? 0;
    response.on('error', () => undefined);
    const isCoded = response.headers['content-encoding'] === 'gzip';
    const body: Readable = isCoded ? response.pipe(createGunzip()) : response;
    body.setEncoding('utf8');
    // A stream that is cut ends in the middle of its coding.
    body.on('error', () => undefined);
    body.on('data', (text: string) => {
      if (this.#response === response) this.#take(text);
    });
    for (const [stream, event] of [
      [body, 'end'],
      [response, 'close'],
    ] as const)
      stream.on(event, () => {
        if (this.#response === response) this.isClosed = true;
      });
  }

  close(): void {
    this.#response = undefined;
    this.#request?.destroy();
    this.isClosed = true;
  }

  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop()!;
    for (const one of blocks) {
      const block = parseBlock(one);
      this.onBlock(block);
      if (block.id !== undefined) this.lastEventId = block.id;
    }
  }
}
