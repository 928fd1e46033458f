import { ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { HttpExchange, RawRequest } from './http-exchange.js';

interface ExpressRequestLike {
  readonly ip?: string;
  readonly secure?: boolean;
}

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
  const { ip, secure } = request as ExpressRequestLike;
  return {
    address: ip,
    isSecure: secure === true,
    request: request as RawRequest,
    response,
    takeOver: () => undefined,
  };
}
