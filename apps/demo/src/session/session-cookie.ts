import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';

export const SESSION_COOKIE = 'demo_session';

/** What a signed cookie says: it is the whole session, there is no store of any. */
export interface Session {
  readonly id: string;
  readonly user: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Signs the cookies of sessions, and says which are its own. */
@Injectable()
export class SessionCookies {
  readonly #key: Buffer | string;

  /** Without a key from outside it is made anew: who was signed in before a restart signs in again. */
  constructor(@Inject(DEMO_CONFIG) { sessionKey }: DemoConfig) {
    this.#key = sessionKey ?? randomBytes(32);
  }

  sign({ id, user, expiresAt }: Session): string {
    const text = `${user}.${id}.${expiresAt}`;
    return `${text}.${this.#macOf(text)}`;
  }

  /** The session of a cookie's value; undefined if we did not sign it, or its time is over. */
  verify(value: string): Session | undefined {
    const [user, id, expires, mac = '', ...rest] = value.split('.');
    if (!user || !id || !expires || rest.length > 0) return undefined;
    const expected = Buffer.from(this.#macOf(`${user}.${id}.${expires}`));
    const given = Buffer.from(mac);
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return undefined;
    const expiresAt = Number(expires);
    return expiresAt > Date.now() ? { id, user, expiresAt } : undefined;
  }

  #macOf(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

/** The header that sets the cookie, or deletes it. */
export function setCookie(value: string, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
}
