import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const SESSION_COOKIE = 'demo_session';

/** What a signed cookie says: it is the whole session, there is no store of any. */
export interface Session {
  readonly id: string;
  readonly user: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Made anew with the process: who was signed in before a restart signs in again. */
const key = randomBytes(32);

export function sign({ id, user, expiresAt }: Session): string {
  const text = `${user}.${id}.${expiresAt}`;
  return `${text}.${macOf(text)}`;
}

/** The session of a cookie's value; undefined if we did not sign it, or its time is over. */
export function verify(value: string): Session | undefined {
  const [user, id, expires, mac = '', ...rest] = value.split('.');
  if (!user || !id || !expires || rest.length > 0) return undefined;
  const expected = Buffer.from(macOf(`${user}.${id}.${expires}`));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return undefined;
  const expiresAt = Number(expires);
  return expiresAt > Date.now() ? { id, user, expiresAt } : undefined;
}

/** The header that sets the cookie, or deletes it. */
export function setCookie(value: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
}

function macOf(text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
