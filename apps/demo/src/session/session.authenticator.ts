import { Injectable } from '@nestjs/common';
import {
  SseAuthenticator,
  type SseCredential,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { SessionCookies } from './session-cookie.js';

/** A principal that also knows by which session it came. */
export interface DemoPrincipal extends SsePrincipal {
  readonly session: string;
}

/** A session that was signed out, and the time in milliseconds up to which its cookie would be good. */
export interface EndedSession {
  readonly session: string;
  readonly expiresAt: number;
}

/** Says who is behind a session cookie, and whether that session still is one. */
@Injectable()
export class SessionAuthenticator extends SseAuthenticator {
  /** Sessions that were signed out before their time, until it is over. */
  readonly #ended = new Map<string, number>();

  constructor(private readonly cookies: SessionCookies) {
    super();
  }

  authenticate(credential: SseCredential): DemoPrincipal | undefined {
    if (credential.kind !== 'cookie') return undefined;
    const session = this.cookies.verify(credential.value);
    if (session === undefined || this.#ended.has(session.id)) return undefined;
    return {
      id: session.user,
      session: session.id,
      expiresAt: session.expiresAt,
      topics: [`inbox.${session.user}`],
    };
  }

  override revalidate(principal: SsePrincipal): SsePrincipal | undefined {
    const { session } = principal as DemoPrincipal;
    return this.#ended.has(session) ? undefined : principal;
  }

  end({ session, expiresAt }: EndedSession): void {
    const now = Date.now();
    for (const [id, until] of this.#ended)
      if (until <= now) this.#ended.delete(id);
    this.#ended.set(session, expiresAt);
  }
}
