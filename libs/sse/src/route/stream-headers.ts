import { validateHeaderName, validateHeaderValue } from 'node:http';
import type {
  HttpExchange,
  ResponseHeaders,
} from '../platform/http-exchange.js';

/**
 * The headers of every stream. `no-transform` and `X-Accel-Buffering` keep proxies and compression
 * middleware from holding events back.
 */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

/** The headers of one route's streams: the same two objects for all of them. */
export class RouteHeaders {
  /** For streams that anybody gets. */
  readonly #shared: ResponseHeaders;
  /** For streams of a principal: no cache may keep them for others, whatever it makes of `no-cache`. */
  readonly #private: ResponseHeaders;

  /**
   * @param own the route's option, which wins
   * @param declared names that `@Header()` sets: Nest has put them on the response
   */
  constructor(
    own: Readonly<Record<string, string>> = {},
    declared: readonly string[] = [],
  ) {
    const lowerCase = Object.entries(own).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    );
    const defaults = Object.entries(STREAM_HEADERS).filter(
      ([name]) => !declared.includes(name),
    );
    this.#shared = Object.fromEntries([...defaults, ...lowerCase]);
    const isDefault =
      this.#shared['cache-control'] === STREAM_HEADERS['cache-control'];
    this.#private = isDefault
      ? {
          ...this.#shared,
          'cache-control': `private, ${STREAM_HEADERS['cache-control']}`,
        }
      : this.#shared;
  }

  /** @param isPrivate whether the stream is a principal's */
  for(isPrivate: boolean): ResponseHeaders {
    return isPrivate ? this.#private : this.#shared;
  }
}

/** The headers of a response without a stream, after which a connection of HTTP/1.1 is of no more use. */
export function closing(
  { request }: HttpExchange,
  headers: ResponseHeaders,
): ResponseHeaders {
  return request.httpVersionMajor < 2
    ? { ...headers, connection: 'close' }
    : headers;
}

/** What is wrong with the headers that a route asks for. */
export function headersProblem(headers: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null)
    return 'must be an object of names and values';
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (typeof value !== 'string') return `needs a string for ${name}`;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (error) {
      return `has a header that cannot be sent: ${(error as Error).message}`;
    }
    if (name.toLowerCase() === 'content-type' && !isEventStream(value))
      return 'can only add parameters to the Content-Type text/event-stream';
  }
  return undefined;
}

/** Whether a Content-Type is that of a stream. */
export function isEventStream(contentType: unknown): boolean {
  return (
    typeof contentType === 'string' &&
    /^text\/event-stream\s*(;|$)/i.test(contentType)
  );
}
