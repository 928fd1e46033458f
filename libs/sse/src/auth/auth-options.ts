import type { InjectionToken } from '@nestjs/common';
import type { OptionRules } from '../base/option-rules.js';
import type { SseAuthenticator } from './sse-authenticator.js';
import type { SseTopicPolicy } from './sse-topic-policy.js';

/** Where credentials are looked for. Tokens in a query are never taken: they end up in logs. */
export interface CredentialSources {
  /**
   * `Authorization: Bearer …`
   * @default true
   */
  readonly bearer?: boolean | undefined;
  /**
   * The name of a cookie.
   * @default none
   */
  readonly cookie?: string | undefined;
  /**
   * Tickets in the query parameter `ticket`, on stream routes, for native `EventSource`.
   * @default true
   */
  readonly ticket?: boolean | undefined;
}

/** How tickets behave. */
export interface TicketOptions {
  /**
   * How long a ticket may wait to be redeemed; milliseconds, 1 or more.
   * @default 30000
   */
  readonly ttlMs?: number | undefined;
  /**
   * How long after its stream was cut a client may come back with the URL of a redeemed ticket, by the
   * cookie that it got then; milliseconds, 1000 or more.
   * @default 300000 (5 minutes)
   */
  readonly sessionMs?: number | undefined;
  /**
   * How long the session of a redeemed ticket may last, however often its client comes back: then its stream ends
   * with `SESSION_EXPIRED`, and the client needs a new ticket; milliseconds, 1000 or more, `false` for no end but
   * the principal's own.
   * @default 86400000 (one day)
   */
  readonly maxSessionMs?: number | false | undefined;
  /**
   * How many tickets of one principal may wait to be redeemed, of those that one node has issued; 1 or more.
   * @default 100
   */
  readonly maxPerPrincipal?: number | undefined;
  /**
   * `SameSite` of that cookie. `none` for pages of another site, which needs HTTPS.
   * @default 'strict'
   */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined;
}

/** Who may connect. */
export interface SseAuthOptions {
  /**
   * Says who a client is: a provider of any module, by its class or token, or an instance.
   * Needed by `SseAuthGuard`.
   */
  readonly authenticator?: SseAuthenticator | InjectionToken | undefined;
  /**
   * Decides which topics a principal may read, beyond `principal.topics`; given like the authenticator.
   * @default all of them
   */
  readonly policy?: SseTopicPolicy | InjectionToken | undefined;
  /**
   * Where credentials are looked for.
   * @default { bearer: true, ticket: true }
   */
  readonly sources?: CredentialSources | undefined;
  /** How one-time tickets for native `EventSource` behave. */
  readonly tickets?: TicketOptions | undefined;
  /**
   * How often open streams ask again whether their principal may still be connected and read its topics;
   * milliseconds, 100 or more, or `false` for only when `SseConnections.revalidate()` says so.
   * @default 60000
   */
  readonly revalidateMs?: number | false | undefined;
}

const MAX_MS = 2_147_483_647;

export const AUTH_RULES = {
  authenticator: { provider: ['authenticate'] },
  policy: { provider: ['canSubscribe'] },
  sources: {
    nested: {
      bearer: { type: 'boolean' },
      cookie: { type: 'string' },
      ticket: { type: 'boolean' },
    },
  },
  tickets: {
    nested: {
      ttlMs: { min: 1, max: MAX_MS },
      sessionMs: { min: 1_000, max: MAX_MS },
      maxSessionMs: { min: 1_000, orFalse: true },
      maxPerPrincipal: { integer: true, min: 1 },
      sameSite: { oneOf: ['strict', 'lax', 'none'] },
    },
  },
  revalidateMs: { min: 100, max: MAX_MS, orFalse: true },
} as const satisfies OptionRules;

/** The options with every default filled in. */
export interface AuthSettings {
  readonly authenticator: SseAuthOptions['authenticator'];
  readonly policy: SseAuthOptions['policy'];
  readonly sources: {
    readonly bearer: boolean;
    readonly cookie: string | undefined;
    readonly ticket: boolean;
  };
  readonly tickets: TicketSettings;
  readonly revalidateMs: number | false;
}

export type TicketSettings = {
  readonly [K in keyof TicketOptions]-?: NonNullable<TicketOptions[K]>;
};

export function authSettings({
  authenticator,
  policy,
  sources = {},
  tickets = {},
  revalidateMs,
}: SseAuthOptions): AuthSettings {
  return {
    authenticator,
    policy,
    sources: {
      bearer: sources.bearer ?? true,
      cookie: sources.cookie,
      ticket: sources.ticket ?? true,
    },
    tickets: {
      ttlMs: tickets.ttlMs ?? 30_000,
      sessionMs: tickets.sessionMs ?? 300_000,
      maxSessionMs: tickets.maxSessionMs ?? 86_400_000,
      maxPerPrincipal: tickets.maxPerPrincipal ?? 100,
      sameSite: tickets.sameSite ?? 'strict',
    },
    revalidateMs: revalidateMs ?? 60_000,
  };
}
