import { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { HttpExchange, RawRequest } from './http-exchange.js';

/** Express's objects are Node's own, with its headers already on them. */
export function expressExchange(
  request: unknown,
  response: unknown,
): HttpExchange | undefined {
  if (!(
    response instanceof ServerResponse ||
    response instanceof Http2ServerResponse
  ))
    return undefined;
  return {
    request: request as RawRequest,
    response,
    takeOver: () => undefined,
  };
}
