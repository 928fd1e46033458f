import { createHash } from 'node:crypto';
import type { HttpExchange } from '../../platform/http-exchange.js';
import type { TicketSettings } from '../auth-options.js';
import { cookieOf, cookiesOf } from '../credentials.js';

const PREFIX = 'sse-ticket-';
const NAME = /^sse-ticket-[A-Za-z0-9_-]{12}$/;

/** Cookies of redeemed tickets that one request is believed to bring along. */
const MAX_COOKIES = 16;

/** The secret that a client got when it redeemed this ticket. */
export function ticketCookieOf(
  { request }: HttpExchange,
  ticket: string,
): string | undefined {
  return cookieOf(request, nameOf(ticket));
}

/**
 * Gives the client the secret with which it may come back. Each ticket has a cookie of its own, so that
 * the tabs of a browser do not take it from each other; those that have become useless are deleted.
 */
export async function setTicketCookie(
  exchange: HttpExchange,
  ticket: string,
  secret: string,
  { path, expiresAt, sameSite, isAlive }: TicketCookieOptions,
): Promise<void> {
  const isSecure = exchange.isSecure || sameSite === 'none';
  const attributes = `; Path=${cookiePath(path)}; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`;
  const cookies = [
    `${nameOf(ticket)}=${secret}${maxAge(expiresAt)}${attributes}`,
  ];
  const old = cookiesOf(exchange.request).filter(([name]) => NAME.test(name));
  for (const [index, [name, value]] of old.entries()) {
    const isExcess = index < old.length - MAX_COOKIES;
    if (isExcess || !(await isAlive(value)))
      cookies.push(`${name}=; Max-Age=0${attributes}`);
  }
  const { response } = exchange;
  const existing = response.getHeader('set-cookie') ?? [];
  response.setHeader('set-cookie', [
    ...[existing].flat().map(String),
    ...cookies,
  ]);
}

export interface TicketCookieOptions {
  /** As the browser sees it. */
  readonly path: string;
  readonly expiresAt: number | undefined;
  readonly sameSite: TicketSettings['sameSite'];
  isAlive(secret: string): Promise<boolean>;
}

function nameOf(ticket: string): string {
  const hash = createHash('sha256').update(`cookie ${ticket}`);
  return PREFIX + hash.digest('base64url').slice(0, 12);
}

// Otherwise it ends with the browser; what it opens ends sooner, on the server.
function maxAge(expiresAt: number | undefined): string {
  if (expiresAt === undefined || expiresAt === Infinity) return '';
  const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1_000));
  return `; Max-Age=${seconds}`;
}

// A ";" in the path would begin an attribute of its own choice: the cookie is for the folder above it.
function cookiePath(path: string): string {
  const [safe = ''] = /^[^;,\s\p{Cc}]*/u.exec(path) ?? [];
  if (safe === path) return path;
  return safe.slice(0, safe.lastIndexOf('/') + 1) || '/';
}
