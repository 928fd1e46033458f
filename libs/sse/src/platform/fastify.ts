import type { OutgoingHttpHeader } from 'node:http';
import type { HttpExchange, RawRequest } from './http-exchange.js';
import type { RawResponse } from './http-transport.js';

interface FastifyRequestLike {
  readonly raw: RawRequest;
}

interface FastifyReplyLike {
  readonly raw: RawResponse;
  hijack(): void;
  getHeaders(): Record<string, OutgoingHttpHeader | undefined>;
  serializeCookie?: (name: string, value: string, options?: object) => string;
}

interface PendingCookie {
  readonly name: string;
  readonly value: string;
  readonly opts?: object;
}

export function fastifyExchange(
  request: unknown,
  response: unknown,
): HttpExchange | undefined {
  const reply = response as Partial<FastifyReplyLike>;
  if (typeof reply.hijack !== 'function' || reply.raw === undefined)
    return undefined;
  const { raw } = request as FastifyRequestLike;
  return {
    request: raw,
    response: reply.raw,
    takeOver: () => takeOver(reply as FastifyReplyLike),
  };
}

function takeOver(reply: FastifyReplyLike): void {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined && !raw.hasHeader(name))
      raw.setHeader(name, value as string);
  }
  const cookies = pendingCookies(reply);
  if (cookies.length > 0)
    raw.setHeader('set-cookie', [...existingCookies(raw), ...cookies]);
}

// @fastify/cookie keeps what was set until its onSend hook, which a hijacked reply does not reach.
function pendingCookies(reply: FastifyReplyLike): string[] {
  const key = Object.getOwnPropertySymbols(reply).find(
    ({ description }) => description === 'fastify.reply.setCookies',
  );
  if (key === undefined || reply.serializeCookie === undefined) return [];
  const pending = (
    reply as unknown as Record<symbol, Map<unknown, PendingCookie> | null>
  )[key];
  return [...(pending?.values() ?? [])].map(({ name, value, opts }) =>
    reply.serializeCookie!(name, value, opts),
  );
}

function existingCookies(raw: RawResponse): string[] {
  const existing = raw.getHeader('set-cookie');
  if (existing === undefined) return [];
  return Array.isArray(existing) ? existing : [String(existing)];
}
