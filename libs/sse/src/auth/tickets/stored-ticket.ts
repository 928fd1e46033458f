import { createHash, randomBytes } from 'node:crypto';
import type { SsePrincipal } from '../../event/principal.js';
import { isGranted } from '../sse-topic-policy.js';
import { fromStored, type StoredPrincipal } from './stored-principal.js';

/** Whom a ticket is for. */
export interface TicketHolder {
  readonly principal: SsePrincipal;
  /** Who it is by now, without what the ticket is not for. */
  narrow(renewed: SsePrincipal): SsePrincipal;
}

/** What is kept of a ticket; never the ticket itself. */
export interface StoredTicket {
  readonly principal: StoredPrincipal;
  /** Whether it is for fewer topics than its principal may read. */
  readonly isNarrowed: boolean;
  readonly path: string;
  readonly issuedAt: number;
}

/** A redeemed ticket: what the cookie stands for. */
export interface StoredSession extends StoredTicket {
  readonly ticket: string;
  /** When it is over, however often its client comes back; milliseconds since the Unix epoch. */
  readonly endsAt?: number | undefined;
}

/** Whom a ticket is for, and what it is not for. */
export function holderOf({
  principal: stored,
  isNarrowed,
  endsAt = Infinity,
}: StoredSession): TicketHolder {
  const principal = fromStored(stored);
  const topics = principal.topics ?? [];
  return {
    principal,
    narrow: (renewed) => ({
      ...renewed,
      ...(isNarrowed && {
        topics: topics.filter((topic) => isGranted(renewed, topic)),
      }),
      ...(endsAt < (renewed.expiresAt ?? Infinity) && { expiresAt: endsAt }),
    }),
  };
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

// Hashed, so that whoever reads the store cannot use what it holds.
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

export function ticketKey(hash: string): string {
  return `sse:ticket:${hash}`;
}

export function sessionKey(cookie: string): string {
  return `sse:session:${hashOf(cookie)}`;
}

export function revokedKey(principalId: string): string {
  return `sse:revoked:${hashOf(principalId)}`;
}
