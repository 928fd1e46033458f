import { SseException } from '../base/exception.js';
import type { RawRequest } from '../platform/http-exchange.js';

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,8192}=*)$/i;

/** The token of `Authorization: Bearer`; undefined if there is none, or another scheme. */
export function bearerOf({ headers }: RawRequest): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1];
}

/** All cookies of a request, in their order; names may repeat. */
export function cookiesOf({
  headers,
}: RawRequest): readonly (readonly [name: string, value: string])[] {
  return (headers.cookie ?? '').split(';').flatMap((part) => {
    const equals = part.indexOf('=');
    if (equals < 0) return [];
    const name = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    return [[name, value.replace(/^"(.*)"$/, '$1')] as const];
  });
}

/**
 * The value of a cookie, decoded. Undefined if there is none, or more than one: then somebody may have
 * planted a second one, and nothing tells which.
 */
export function cookieOf(
  request: RawRequest,
  name: string,
): string | undefined {
  const values = new Set(
    cookiesOf(request).flatMap(([one, value]) => (one === name ? [value] : [])),
  );
  const [value] = values;
  return values.size === 1 && value !== '' ? decoded(value!) : undefined;
}

/**
 * The ticket in a request's query.
 * @throws SseException `UNAUTHENTICATED` for tickets that are ambiguous
 */
export function ticketOf(request: RawRequest): string | undefined {
  const tickets = queryOf(request).getAll('ticket');
  if (tickets.length > 1) throw unauthenticated('One ticket is enough.');
  return tickets[0];
}

/**
 * Refuses tokens in the query, which the logs of proxies and the browser's history keep.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2
 * @throws SseException `UNAUTHENTICATED`
 */
export function refuseTokenInQuery(request: RawRequest): void {
  if (!request.url?.includes('access_token')) return;
  if (!queryOf(request).has('access_token')) return;
  throw unauthenticated(
    'Tokens in the query are refused: send them in the Authorization header, or get a ticket.',
  );
}

export function unauthenticated(
  message = 'Valid credentials are needed.',
): SseException {
  return new SseException('UNAUTHENTICATED', message);
}

function queryOf({ url = '' }: RawRequest): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
