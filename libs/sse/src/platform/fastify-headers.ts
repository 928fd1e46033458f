import {
  validateHeaderName,
  validateHeaderValue,
  type OutgoingHttpHeader,
} from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { RawResponse, ResponseHeaders } from './http-exchange.js';

/** What is used of Fastify's reply. */
export interface FastifyReplyLike {
  readonly raw: RawResponse;
  /** Ended or taken over. */
  readonly sent: boolean;
  hijack(): void;
  code(status: number): this;
  send(payload?: unknown): this;
  header(name: string, value: OutgoingHttpHeader): this;
  headers(headers: Record<string, OutgoingHttpHeader>): this;
  getHeaders(): Record<string, OutgoingHttpHeader | undefined>;
  removeHeader(name: string): unknown;
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

export function withoutConnectionHeaders(reply: FastifyReplyLike): void {
  if (reply.raw instanceof Http2ServerResponse)
    for (const name of CONNECTION_HEADERS) remove(name, reply);
}

// Not every version of Fastify forgets what is on the raw response.
function remove(name: string, reply: FastifyReplyLike): void {
  reply.removeHeader(name);
  reply.raw.removeHeader(name);
}

/** All headers, of the reply and of the raw response: both forget them. */
export function takeHeaders(
  reply: FastifyReplyLike,
): Record<string, string | string[]> {
  const { raw } = reply;
  withoutConnectionHeaders(reply);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value === undefined) continue;
    // As Fastify itself would: its own headers win, except where both are wanted.
    if (name === 'set-cookie') headers[name] = union(raw, name, value);
    else if (name === 'vary')
      headers[name] = union(raw, name, value).join(', ');
    else headers[name] = value as string | string[];
  }
  // The last one first: otherwise V8 turns what held them into a hash table, which lives as long as the reply.
  for (const name of Object.keys(headers).toReversed()) remove(name, reply);
  return headers;
}

/** What a header of the raw response already holds, and what is to be in it too. */
function union(
  raw: RawResponse,
  name: string,
  more: OutgoingHttpHeader,
): string[] {
  const values = [raw.getHeader(name) ?? [], more].flat().map(String);
  return [...new Set(values)];
}

/** For the answer of an exception filter: all that may be sent and do not describe a stream. */
export function giveBackHeaders(
  headers: ResponseHeaders,
  reply: FastifyReplyLike,
): void {
  for (const [name, value] of Object.entries(headers)) {
    remove(name, reply);
    if (!OF_STREAMS.has(name)) reply.header(name, value);
  }
}

const OF_STREAMS: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'cache-control',
  'x-accel-buffering',
]);

/**
 * Has headers refused where they are set, as Node itself does, and not only when they leave: Fastify writes them
 * after its hooks, and what is thrown there ends the process if a hook called back from a timer or a socket, as
 * session stores do. Anybody could bring it about where a hook puts a part of the request in a header.
 * @throws TypeError for one that is already set; it is removed
 */
export function refuseBadHeaders(reply: FastifyReplyLike): void {
  // Node sends any text over HTTP/2.
  if (reply.raw instanceof Http2ServerResponse) return;
  reply.header = checkedHeader;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    try {
      check(name, value);
    } catch (error) {
      remove(name, reply);
      throw error;
    }
  }
}

function checkedHeader(
  this: FastifyReplyLike,
  name: string,
  value: OutgoingHttpHeader = '',
): FastifyReplyLike {
  check(name, value);
  const { header } = Object.getPrototypeOf(this) as FastifyReplyLike;
  return header.call(this, name, value);
}

function check(name: string, value: OutgoingHttpHeader | undefined): void {
  validateHeaderName(name);
  for (const one of [value].flat()) validateHeaderValue(name, one as string);
}
