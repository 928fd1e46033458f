import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { ConnectionCommand } from '../../connection/connection-command.js';
import type { ConnectionRegistry } from '../../connection/connection-registry.js';
import { logError } from '../../base/log-error.js';
import { SseException } from '../../base/exception.js';
import { isExpired, type SsePrincipal } from '../../event/principal.js';
import { TopicPattern } from '../../event/topic.js';
import type { SharedKeys } from '../../log/shared-keys.js';
import type { TicketSettings } from '../auth-options.js';
import { isGranted } from '../sse-topic-policy.js';
import {
  hashOf,
  holderOf,
  newSecret,
  revokedKey,
  sessionKey,
  ticketKey,
  type StoredSession,
  type StoredTicket,
  type TicketHolder,
} from './stored-ticket.js';
import { WaitingTickets } from './waiting-tickets.js';
import { assertPrincipal, toStored } from './stored-principal.js';

/** What a ticket is good for. */
export interface TicketRequest {
  /** The path of the stream that it opens, as the server sees it, without the query. */
  readonly path: string;
  /** Only these topics; they must be among those that the principal may read. */
  readonly topics?: readonly (string | TopicPattern)[] | undefined;
  /**
   * How long the ticket may wait to be redeemed; milliseconds.
   * @default the module's `auth.tickets.ttlMs`
   */
  readonly ttlMs?: number | undefined;
}

/** A ticket, and until when it has to be redeemed. */
export interface SseTicket {
  /** To be sent as the query parameter `ticket`. */
  readonly ticket: string;
  /** When it becomes void; milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** Something that was found for a ticket, and is not taken yet. */
export interface TicketClaim extends TicketHolder {
  /** The secret for the cookie, if the client has to get one. False if another request was faster. */
  redeem(): Promise<{ readonly cookie: string | undefined } | false>;
  /** Keeps the way back open for a while longer. False if the ticket has been revoked. */
  prolong(): Promise<boolean>;
}

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/**
 * Issues tickets: native `EventSource` cannot send an `Authorization` header, and a token has no place in a
 * URL. A ticket has one, because it is void after its first use, after half a minute, and on any other path.
 *
 * @example
 * \@Post('ticket')
 * \@UseGuards(SseAuthGuard)
 * ticket(\@Principal() principal: SsePrincipal) {
 *   return this.tickets.issue(principal, { path: '/orders/events' });
 * }
 */
@Injectable()
export class SseTicketService implements OnModuleInit {
  readonly #logger = new Logger('SseTickets');
  readonly #waiting: WaitingTickets;

  constructor(
    private readonly keys: SharedKeys,
    private readonly settings: TicketSettings,
    private readonly registry: ConnectionRegistry,
  ) {
    this.#waiting = new WaitingTickets(settings.maxPerPrincipal);
  }

  /** Nest calls it: from here on the tickets of principals that are disconnected for good are void. */
  onModuleInit(): void {
    this.registry.commandListeners.add((command) => this.obey(command));
  }

  /**
   * Issues a ticket of 256 random bits; only its hash is stored.
   * @throws SseException `INVALID_OPTIONS`, `TOPIC_FORBIDDEN` for topics beyond the principal's own,
   *   `TOO_MANY_TICKETS`
   */
  async issue(
    principal: SsePrincipal,
    { path, topics, ttlMs = this.settings.ttlMs }: TicketRequest,
  ): Promise<SseTicket> {
    assertTicketRequest(path, ttlMs);
    const narrowed = narrow(principal, topics);
    assertPrincipal(narrowed);
    const ticket = newSecret();
    const issuedAt = Date.now();
    const stored: StoredTicket = {
      principal: toStored(narrowed),
      isNarrowed: topics !== undefined,
      path,
      issuedAt,
    };
    const hash = hashOf(ticket);
    const expiresAt = issuedAt + ttlMs;
    this.#waiting.add(narrowed.id, hash, expiresAt);
    await this.#put(ticketKey(hash), stored, ttlMs);
    return { ticket, expiresAt };
  }

  /**
   * Makes all tickets void that a principal got so far, redeemed ones included: streams that they opened end
   * when they are revalidated.
   */
  async revoke(principalId: string): Promise<void> {
    // As long as anything of before can live.
    const { ttlMs, sessionMs } = this.settings;
    const until = MAX_TTL_MS + ttlMs + 2 * sessionMs;
    await this.keys.put(revokedKey(principalId), String(Date.now()), until);
  }

  /** @internal Looks a ticket up, without taking it. */
  async claim(
    ticket: string,
    cookie: string | undefined,
    path: string,
  ): Promise<TicketClaim | undefined> {
    if (!SECRET.test(ticket)) return undefined;
    const hash = hashOf(ticket);
    return (
      (await this.#claimAgain(hash, cookie, path)) ??
      (await this.#claimFirst(hash, path))
    );
  }

  /** @internal Whether a cookie still opens anything. */
  async isAlive(cookie: string): Promise<boolean> {
    if (!SECRET.test(cookie)) return false;
    return (await this.keys.get(sessionKey(cookie))) !== undefined;
  }

  /** @internal A principal who is told to stay away cannot use the tickets it still has. */
  obey(command: ConnectionCommand): void {
    if (command.type !== 'disconnect' || !command.terminal) return;
    const { principal, ...others } = command.match;
    const isAlone = Object.values(others).every((one) => one === undefined);
    if (principal === undefined || !isAlone) return;
    this.revoke(principal).catch((error: unknown) =>
      logError(
        this.#logger,
        'The tickets of a principal are not revoked',
        error,
      ),
    );
  }

  async #claimFirst(
    hash: string,
    path: string,
  ): Promise<TicketClaim | undefined> {
    const stored = await this.#read<StoredTicket>(ticketKey(hash), path);
    if (stored === undefined) return undefined;
    const cookie = newSecret();
    const { maxSessionMs } = this.settings;
    const session: StoredSession = {
      ...stored,
      ticket: hash,
      endsAt: maxSessionMs ? Date.now() + maxSessionMs : undefined,
    };
    const prolong = (): Promise<boolean> => this.#keep(cookie, session);
    return {
      ...holderOf(session),
      redeem: async () => {
        if ((await this.keys.take(ticketKey(hash))) === undefined) return false;
        this.#waiting.remove(stored.principal.id, hash);
        return (await prolong()) && { cookie };
      },
      prolong,
    };
  }

  // Native EventSource reconnects with the same URL: the ticket is spent, and the cookie counts.
  async #claimAgain(
    hash: string,
    cookie: string | undefined,
    path: string,
  ): Promise<TicketClaim | undefined> {
    if (cookie === undefined || !SECRET.test(cookie)) return undefined;
    const session = await this.#read<StoredSession>(sessionKey(cookie), path);
    if (session === undefined || session.ticket !== hash) return undefined;
    const prolong = (): Promise<boolean> => this.#keep(cookie, session);
    return {
      ...holderOf(session),
      redeem: async () => (await prolong()) && { cookie: undefined },
      prolong,
    };
  }

  // A stream that is open must not carry a session beyond the time for which a revocation is remembered.
  async #keep(cookie: string, session: StoredSession): Promise<boolean> {
    const remainingMs = (session.endsAt ?? Infinity) - Date.now();
    if (remainingMs <= 0 || (await this.#isRevoked(session))) return false;
    const ttlMs = Math.min(this.settings.sessionMs, remainingMs);
    await this.#put(sessionKey(cookie), session, ttlMs);
    return true;
  }

  async #read<T extends StoredTicket>(
    key: string,
    path: string,
  ): Promise<T | undefined> {
    const value = await this.keys.get(key);
    if (value === undefined) return undefined;
    const stored = JSON.parse(value) as T;
    if (stored.path !== path || isExpired(stored.principal as SsePrincipal))
      return undefined;
    return (await this.#isRevoked(stored)) ? undefined : stored;
  }

  async #isRevoked({ principal, issuedAt }: StoredTicket): Promise<boolean> {
    const revokedAt = await this.keys.get(revokedKey(principal.id));
    return revokedAt !== undefined && issuedAt <= Number(revokedAt);
  }

  #put(key: string, value: StoredTicket, ttlMs: number): Promise<void> {
    return this.keys.put(key, JSON.stringify(value), ttlMs);
  }
}

const MAX_TTL_MS = 600_000;

/** Characters: a path is kept with its ticket, and may be of the client's choice. */
const MAX_PATH_LENGTH = 2_048;

function assertTicketRequest(path: unknown, ttlMs: unknown): void {
  if (
    typeof path !== 'string' ||
    path.length > MAX_PATH_LENGTH ||
    !/^\/[^?#\s]*$/.test(path)
  ) {
    throw new SseException(
      'INVALID_OPTIONS',
      `A ticket is for one path: it starts with "/", has no query, and is at most ${MAX_PATH_LENGTH} characters long.`,
    );
  }
  if (typeof ttlMs !== 'number' || !(ttlMs > 0 && ttlMs <= MAX_TTL_MS)) {
    throw new SseException(
      'INVALID_OPTIONS',
      `ttlMs of a ticket must be from 1 to ${MAX_TTL_MS}.`,
    );
  }
}

function narrow(
  principal: SsePrincipal,
  topics: TicketRequest['topics'],
): SsePrincipal {
  if (topics === undefined) return principal;
  if (!topics.every((topic) => isGranted(principal, topic))) {
    throw new SseException(
      'TOPIC_FORBIDDEN',
      'A ticket cannot be for topics that its principal may not read.',
    );
  }
  return { ...principal, topics };
}
