import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type CanActivate,
  type ExecutionContext,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { StreamRefusal } from '../connection/limits/stream-refusal.js';
import { isExpired, type SsePrincipal } from '../event/principal.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { exchangeOf } from '../platform/platform.js';
import { pathOf } from '../route/last-event-id.js';
import { toHttpError } from '../route/http-error.js';
import { moduleMissing } from '../route/module-missing.js';
import {
  AUTHENTICATES,
  isStreamRoute,
  streamRouteOf,
} from '../route/stream-route.js';
import {
  bearerOf,
  cookieOf,
  refuseTokenInQuery,
  ticketOf,
  unauthenticated,
} from './credentials.js';
import type { SseCredential } from './sse-authenticator.js';
import { SseAuthentication } from './sse-authentication.service.js';
import { assertPrincipal } from './tickets/stored-principal.js';
import type { TicketClaim } from './tickets/sse-ticket.service.js';
import { setTicketCookie, ticketCookieOf } from './tickets/ticket-cookie.js';

/**
 * Lets only those in whom the module's authenticator knows: without a principal there is no stream, and
 * 401 before any header of one. The principal is then to be had by `@Principal()` and as
 * `SseConnection.principal`. Works on other routes too, where tickets do not count.
 *
 * Limits come first, then the credentials, and a ticket is spent last. To find credentials elsewhere,
 * extend it and override {@link credentialOf}. It refuses messages of gateways and microservices, which it
 * meets as a guard of the whole application: it cannot tell who sent them.
 *
 * @example
 * \@SseStream('me/events')
 * \@UseGuards(SseAuthGuard)
 * mine(\@Principal() { id }: SsePrincipal) {
 *   return this.bus.stream(`users.${id}`);
 * }
 */
@Injectable()
export class SseAuthGuard implements CanActivate, OnApplicationBootstrap {
  /** @internal For documents: classes that extend it have it, too. */
  static readonly [AUTHENTICATES] = true;

  protected readonly auth: SseAuthentication;

  /** @throws SseException `INVALID_OPTIONS` without `SseModule` */
  constructor(
    @Optional() @Inject(SseAuthentication) auth: SseAuthentication | undefined,
  ) {
    if (auth === undefined) throw moduleMissing('SseAuthGuard');
    this.auth = auth;
  }

  /** @throws SseException `INVALID_OPTIONS` if the module has no authenticator */
  onApplicationBootstrap(): void {
    void this.auth.authenticator;
  }

  /** @throws HttpException 401; 429 or 503 over the limits; 403 */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return refuseMessage(context);
    const http = context.switchToHttp();
    const request = http.getRequest<unknown>();
    const exchange = exchangeOf(request, http.getResponse());
    const isStream = isStreamRoute(context);
    try {
      if (isStream)
        await this.auth.admission.enter(
          exchange,
          streamRouteOf(context).options,
        );
      refuseTokenInQuery(exchange.request);
      const ticket = isStream ? this.ticketOf(exchange) : undefined;
      if (ticket === undefined) await this.#authenticate(exchange, request);
      else await this.#redeem(exchange, ticket);
      return true;
    } catch (error) {
      return this.#refuse(exchange, error);
    }
  }

  /** What a client proves itself with; the first of the module's sources that has something. */
  protected credentialOf(
    exchange: HttpExchange,
    _request: unknown,
  ): SseCredential | undefined {
    const { bearer, cookie: name } = this.auth.settings.sources;
    const token = bearer ? bearerOf(exchange.request) : undefined;
    if (token !== undefined) return { kind: 'bearer', token };
    const value =
      name === undefined ? undefined : cookieOf(exchange.request, name);
    return name === undefined || value === undefined
      ? undefined
      : { kind: 'cookie', name, value };
  }

  /** The ticket in the query. A link preview's HEAD must not spend it. */
  protected ticketOf({ request }: HttpExchange): string | undefined {
    const { ticket } = this.auth.settings.sources;
    return ticket && request.method !== 'HEAD' ? ticketOf(request) : undefined;
  }

  /** The path for a ticket's cookie: override it where a proxy in front takes a prefix away. */
  protected cookiePathOf({ request }: HttpExchange): string {
    return pathOf(request);
  }

  async #authenticate(exchange: HttpExchange, request: unknown): Promise<void> {
    const { auth } = this;
    const { authenticator } = auth;
    const credential = this.credentialOf(exchange, request);
    const principal =
      credential && (await authenticator.authenticate(credential, request));
    assertGood(principal);
    await auth.admission.identify(exchange, auth.sessionOf(principal));
  }

  async #redeem(exchange: HttpExchange, ticket: string): Promise<void> {
    // By another guard of this route: that of the application, or of the controller.
    if (redeemed.get(exchange.response) === ticket) return;
    const { auth } = this;
    const cookie = ticketCookieOf(exchange, ticket);
    const path = pathOf(exchange.request);
    const claim = await auth.tickets.claim(ticket, cookie, path);
    if (claim === undefined) throw unauthenticated();
    const renewed = await auth.revalidate(claim.principal);
    const principal = renewed && claim.narrow(renewed);
    assertGood(principal);
    const redemption = await this.#spend(exchange, claim, principal);
    await auth.admission.identify(
      exchange,
      auth.sessionOfTicket(claim, principal),
    );
    redeemed.set(exchange.response, ticket);
    if (redemption.cookie === undefined) return;
    await setTicketCookie(exchange, ticket, redemption.cookie, {
      path: this.cookiePathOf(exchange),
      expiresAt: renewed?.expiresAt,
      sameSite: auth.settings.tickets.sameSite,
      isAlive: (secret) => auth.tickets.isAlive(secret),
    });
  }

  // Limits first, so that they cost nobody a ticket; and nobody is anybody before the ticket is spent, since a
  // guard that extends this one may let in whom it refuses.
  async #spend(
    exchange: HttpExchange,
    claim: TicketClaim,
    principal: SsePrincipal,
  ): Promise<{ readonly cookie: string | undefined }> {
    const takeBack = await this.auth.admission.reserveFor(exchange, principal);
    let redemption: Awaited<ReturnType<TicketClaim['redeem']>> = false;
    try {
      redemption = await claim.redeem();
    } finally {
      if (redemption === false) await takeBack();
    }
    if (redemption === false) throw unauthenticated();
    return redemption;
  }

  async #refuse(exchange: HttpExchange, error: unknown): Promise<never> {
    if (error instanceof StreamRefusal) {
      await this.auth.admission.answerTo(exchange, error)();
      // It is answered: nothing behind this guard may run, and no filter may touch the response.
      return new Promise(() => undefined);
    }
    const isBearerTaken = this.auth.settings.sources.bearer;
    const httpError = toHttpError(error);
    if (httpError !== error && isBearerTaken && isUnauthorized(httpError))
      exchange.response.setHeader('www-authenticate', 'Bearer');
    throw httpError;
  }
}

const logger = new Logger('SseAuthGuard');

/** The kinds of messages of which the log has heard. */
const told = new Set<string>();

// Nest makes "Forbidden resource" of it, in the form of the gateway or the microservice.
function refuseMessage(context: ExecutionContext): boolean {
  const type = context.getType<string>();
  if (!told.has(type)) {
    told.add(type);
    logger.warn(
      `SseAuthGuard looks at HTTP requests, and refuses a message of type ${JSON.stringify(type)}. As a guard of the whole ` +
        'application it stands before gateways and microservices too: extend it, and let canActivate() decide on their contexts.',
    );
  }
  return false;
}

/** The tickets that were redeemed for these responses. */
const redeemed = new WeakMap<object, string>();

function assertGood(
  principal: SsePrincipal | undefined,
): asserts principal is SsePrincipal {
  if (!principal) throw unauthenticated();
  assertPrincipal(principal);
  if (isExpired(principal)) throw unauthenticated();
}

function isUnauthorized(error: unknown): boolean {
  return (error as { getStatus?(): number }).getStatus?.() === 401;
}
