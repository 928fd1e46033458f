import http from 'node:http';
import type { IncomingHttpHeaders } from 'node:http2';
import https from 'node:https';
import { once } from 'node:events';
import { atEnd } from './at-end.js';
import { connectHttp2 } from './network.js';

/** One event block as it arrived, with its raw text. */
export interface ReceivedBlock {
  readonly raw: string;
  readonly type: string;
  /** Undefined where the block has no data line. */
  readonly data: string | undefined;
  readonly id: string | undefined;
  readonly retry: string | undefined;
  readonly comments: readonly string[];
}

export interface OpenOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly lastEventId?: string | undefined;
  /** How `raw` holds the bytes; `latin1` keeps them as they are. */
  readonly encoding?: 'utf8' | 'latin1';
}

/** A client over a real socket, with or without TLS, that shows every byte, and reads only as fast as it is told. */
export class SseTestClient {
  readonly blocks: ReceivedBlock[] = [];
  status = 0;
  headers: Record<string, string | string[] | undefined> = {};
  /** Whether the response is over, by its end or by a cut. */
  isClosed = false;
  /** Whether the server ended the response properly. */
  isComplete = false;
  raw = '';
  #pending = '';
  #changed: (() => void)[] = [];
  #cut: () => void = () => undefined;
  #pause: () => void = () => undefined;
  #resume: () => void = () => undefined;

  /** Opens a stream over HTTP/1.1 and resolves with the response's headers. */
  static async open(
    url: string,
    options: OpenOptions = {},
  ): Promise<SseTestClient> {
    const client = new SseTestClient();
    await client.#request(url, options);
    return client;
  }

  /** Opens a stream over HTTP/2: without TLS, with prior knowledge. */
  static async openHttp2(
    url: string,
    options: OpenOptions = {},
  ): Promise<SseTestClient> {
    const client = new SseTestClient();
    await client.#request2(url, options);
    return client;
  }

  /** Blocks with data, without control events. */
  get events(): ReceivedBlock[] {
    return this.blocks.filter(
      ({ type, data }) => data !== undefined && !type.startsWith('stream-'),
    );
  }

  /** The types of all blocks in order; a comment is ":". */
  get types(): string[] {
    return this.blocks.map(({ type, data, comments }) =>
      data === undefined && comments.length > 0 ? ':' : type,
    );
  }

  get lastId(): string | undefined {
    return this.blocks.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Waits until a condition holds; fails with what arrived if the stream ends before. */
  async until(
    condition: (client: this) => boolean,
    what = condition.toString(),
  ): Promise<void> {
    while (!condition(this)) {
      if (this.isClosed)
        throw new Error(
          `The stream ended before: ${what}\n${this.raw.slice(-2000)}`,
        );
      await this.#change();
    }
  }

  async untilType(type: string): Promise<ReceivedBlock> {
    await this.until(
      ({ blocks }) => blocks.some((block) => block.type === type),
      `event ${type}`,
    );
    return this.blocks.find((block) => block.type === type)!;
  }

  async untilEvents(count: number): Promise<ReceivedBlock[]> {
    await this.until(({ events }) => events.length >= count, `${count} events`);
    return this.events;
  }

  async untilClosed(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  /** Cuts the socket. */
  close(): void {
    this.#cut();
  }

  pause(): void {
    this.#pause();
  }

  resume(): void {
    this.#resume();
  }

  async #request(
    url: string,
    {
      method = 'GET',
      headers = {},
      body,
      lastEventId,
      encoding = 'utf8',
    }: OpenOptions,
  ): Promise<void> {
    const { request: send } = url.startsWith('https:') ? https : http;
    const request = send(url, {
      method,
      agent: false,
      rejectUnauthorized: false,
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    atEnd(`the client of ${url}`, () => request.destroy());
    request.end(body);
    request.on('error', () => this.#end(false));
    const [response] = (await once(request, 'response')) as [
      http.IncomingMessage,
    ];
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding(encoding);
    response.on('data', (text: string) => this.#take(text));
    response.on('end', () => this.#end(response.complete));
    response.on('close', () => this.#end(response.complete));
    response.on('error', () => this.#end(false));
    this.#cut = () => request.destroy();
    this.#pause = () => response.pause();
    this.#resume = () => response.resume();
  }

  async #request2(
    url: string,
    {
      method = 'GET',
      headers = {},
      body,
      lastEventId,
      encoding = 'utf8',
    }: OpenOptions,
  ): Promise<void> {
    const { pathname, search } = new URL(url);
    const session = connectHttp2(url);
    session.on('error', () => this.#end(false));
    const stream = session.request({
      ':method': method,
      ':path': pathname + search,
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    });
    stream.end(body);
    stream.on('error', () => this.#end(false));
    const [responseHeaders] = (await once(stream, 'response')) as [
      IncomingHttpHeaders,
    ];
    this.status = Number(responseHeaders[':status']);
    this.headers = responseHeaders;
    stream.setEncoding(encoding);
    stream.on('data', (text: string) => this.#take(text));
    let isComplete = false;
    stream.on('end', () => {
      isComplete = true;
    });
    stream.on('close', () => {
      session.close();
      this.#end(isComplete && stream.rstCode === 0);
    });
    this.#cut = () => session.destroy();
    this.#pause = () => stream.pause();
    this.#resume = () => stream.resume();
  }

  #take(text: string): void {
    this.raw += text;
    const parts = (this.#pending + text).split('\n\n');
    this.#pending = parts.pop()!;
    for (const part of parts) this.blocks.push(parseBlock(part));
    this.#notify();
  }

  #end(isComplete: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isComplete = isComplete;
    this.#notify();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #notify(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const resolve of changed) resolve();
  }
}

export function parseBlock(raw: string): ReceivedBlock {
  const lines = raw.split('\n');
  const values = (field: string): string[] =>
    lines
      .filter((line) => line === field || line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  const data = values('data');
  return {
    raw,
    type: values('event').at(-1) ?? 'message',
    data: data.length === 0 ? undefined : data.join('\n'),
    id: values('id').at(-1),
    retry: values('retry').at(-1),
    comments: lines
      .filter((line) => line.startsWith(':'))
      .map((line) => line.slice(1).trim()),
  };
}
