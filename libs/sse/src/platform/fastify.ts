import type { OutgoingHttpHeader } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { HttpExchange, RawRequest, RawResponse } from './http-exchange.js';

interface FastifyRequestLike {
  readonly raw: RawRequest;
  readonly ip?: string;
  readonly protocol?: string;
}

interface FastifyReplyLike {
  readonly raw: RawResponse;
  hijack(): void;
  getHeaders(): Record<string, OutgoingHttpHeader | undefined>;
  removeHeader(name: string): unknown;
  readonly server: FastifyServerLike;
}

interface FastifyServerLike {
  /** Of @fastify/cookie. */
  serializeCookie?(name: string, value: string, options?: object): string;
}

interface PendingCookie {
  readonly name: string;
  readonly value: string;
  readonly opts?: object;
}

/**
 * What many examples set on a stream of HTTP/1.1. Node refuses to send them over HTTP/2.
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2
 */
const CONNECTION_HEADERS: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

export function fastifyExchange(
  request: unknown,
  response: unknown,
): HttpExchange | undefined {
  const reply = response as Partial<FastifyReplyLike>;
  if (typeof reply.hijack !== 'function' || reply.raw === undefined)
    return undefined;
  const { raw, ip, protocol } = request as FastifyRequestLike;
  return {
    address: ip,
    isSecure: protocol === 'https',
    request: raw,
    response: reply.raw,
    takeOver: () => takeOver(reply as FastifyReplyLike),
  };
}

function takeOver(reply: FastifyReplyLike): void {
  reply.hijack();
  const { raw } = reply;
  if (raw instanceof Http2ServerResponse) {
    for (const name of CONNECTION_HEADERS) {
      reply.removeHeader(name);
      raw.removeHeader(name);
    }
  }
  // As Fastify itself would: its own headers win, except where both are wanted.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value === undefined) continue;
    if (name === 'set-cookie') raw.setHeader(name, union(raw, name, value));
    else if (name === 'vary')
      raw.setHeader(name, union(raw, name, value).join(', '));
    else raw.setHeader(name, value as string);
  }
  const cookies = pendingCookies(reply);
  if (cookies.length > 0)
    raw.setHeader('set-cookie', union(raw, 'set-cookie', cookies));
}

// @fastify/cookie keeps what was set until its onSend hook, which a hijacked reply does not reach.
function pendingCookies(reply: FastifyReplyLike): string[] {
  const key = Object.getOwnPropertySymbols(reply).find(
    ({ description }) => description === 'fastify.reply.setCookies',
  );
  const { server } = reply;
  if (key === undefined || server.serializeCookie === undefined) return [];
  const pending = (
    reply as unknown as Record<symbol, Map<unknown, PendingCookie> | null>
  )[key];
  return [...(pending?.values() ?? [])].map(({ name, value, opts }) =>
    server.serializeCookie!(name, value, opts),
  );
}

/** What a header already holds, and what is to be in it too. */
function union(
  raw: RawResponse,
  name: string,
  more: OutgoingHttpHeader,
): string[] {
  const values = [raw.getHeader(name) ?? [], more].flat().map(String);
  return [...new Set(values)];
}
