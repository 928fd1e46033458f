import { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type {
  HttpExchange,
  RawRequest,
  RawResponse,
  ResponseHeaders,
} from './http-exchange.js';

interface ExpressRequestLike {
  readonly ip?: string;
  readonly secure?: boolean;
}

/** Express's objects are Node's own, with its headers already on them. */
export function expressExchange(
  request: unknown,
  response: unknown,
): HttpExchange | undefined {
  return response instanceof ServerResponse ||
    response instanceof Http2ServerResponse
    ? new ExpressExchange(
        request as RawRequest & ExpressRequestLike,
        response as RawResponse,
      )
    : undefined;
}

class ExpressExchange implements HttpExchange {
  #hasEnded = false;

  constructor(
    readonly request: RawRequest & ExpressRequestLike,
    readonly response: RawResponse,
  ) {}

  get address(): string | undefined {
    return this.request.ip;
  }

  get isSecure(): boolean {
    return this.request.secure === true;
  }

  get isAnswered(): boolean {
    return this.#hasEnded || this.response.headersSent;
  }

  // express-session saves first, and sends the headers afterwards.
  watchAnswers(): void {
    const response = this.response as { end: (...args: unknown[]) => unknown };
    const { end } = response;
    response.end = (...args) => {
      this.#hasEnded = true;
      return end.apply(response, args);
    };
  }

  send(status: number, headers: ResponseHeaders, body?: Buffer): void {
    const { response } = this;
    this.#attempt(headers, () => response.writeHead(status, headers));
    if (body === undefined) response.end();
    else response.end(body);
  }

  async handOver(
    headers: ResponseHeaders,
    open: (headers: ResponseHeaders) => void,
  ): Promise<void> {
    this.#attempt(headers, () => open(headers));
  }

  // Node and on-headers put them on the response before they find that one of them, or a listener, is bad: on
  // the answer of an exception filter they would be wrong.
  #attempt(headers: ResponseHeaders, sendHead: () => void): void {
    try {
      sendHead();
    } catch (error) {
      if (!this.response.headersSent)
        for (const name of Object.keys(headers))
          this.response.removeHeader(name);
      throw error;
    }
  }
}
