import type { ConnectionCommand } from '../connection/connection-command.js';
import type { ConnectionRegistry } from '../connection/connection-registry.js';
import type {
  ConnectionLimits,
  Reservation,
} from '../connection/limits/connection-limits.js';
import {
  retryDelay,
  type RetryOptions,
  type StreamOptions,
} from '../connection/stream-settings.js';
import { StreamRefusal } from '../connection/limits/stream-refusal.js';
import type { PrincipalSession } from '../connection/principal-session.js';
import type { SsePrincipal } from '../event/principal.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { onceClosed } from '../platform/response-close.js';
import { toHttpError } from './http-error.js';
import { pendingStreamOf } from './pending-stream.js';
import type { Answer } from './handover.js';
import { refuseAsAway, refuseForNow } from './refusals.js';

/** How streams over the limits are refused. */
export interface RefusalSettings {
  /**
   * With 429 or 503 and `Retry-After`, or so that native `EventSource`, which takes any status but 200 as
   * final, tries again: 200, `retry:`, a retryable `stream-error`, and the end.
   */
  readonly refusal: 'status' | 'retry';
  /** Of routes that do not say. Clients of data-only streams would take an event that refuses for an answer. */
  readonly frames: StreamOptions['frames'];
  readonly retry: RetryOptions | false;
  readonly drainRetry: RetryOptions | false;
}

const DEFAULT_WAIT: RetryOptions = { minMs: 1_000, maxMs: 5_000 };

/** Lets requests for streams in, one by one, or refuses them before anything is spent on them. */
export class StreamAdmission {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly limits: ConnectionLimits,
    private readonly settings: RefusalSettings,
  ) {}

  get isDraining(): boolean {
    return this.registry.isDraining;
  }

  /** Whether a client may get 429 because of the limits. */
  get refusesByStatus(): boolean {
    return this.limits.isActive && this.settings.refusal === 'status';
  }

  /** When clients come back that are told to go because the server does. */
  get drainRetry(): RetryOptions | false {
    return this.settings.drainRetry;
  }

  /**
   * Takes a place for the stream of this response, once, and has it note the commands that it misses until
   * {@link leave}, or until the response is over without a stream. Where limits hold over all nodes, it is a promise.
   * @throws StreamRefusal
   */
  enter(
    exchange: HttpExchange,
    { frames = this.settings.frames }: Pick<StreamOptions, 'frames'>,
  ): Promise<void> | undefined {
    const { address, response } = exchange;
    const pending = pendingStreamOf(response);
    if (pending.hasEntered) return undefined;
    pending.isDataOnly = frames === 'data-only';
    if (this.isDraining) throw shuttingDown();
    const reservation = this.limits.reserve(address);
    if (!(reservation instanceof Promise))
      return void this.#letIn(exchange, reservation);
    return reservation.then((reserved) => {
      if (this.isDraining) {
        reserved.release();
        throw shuttingDown();
      }
      this.#letIn(exchange, reserved);
    });
  }

  /**
   * Counts the stream for this principal, if it has entered, until it is known whether that is who asks.
   * @returns takes that back
   * @throws StreamRefusal
   */
  async reserveFor(
    { response }: HttpExchange,
    principal: SsePrincipal,
  ): Promise<() => Promise<void>> {
    const { reservation, session } = pendingStreamOf(response);
    await reservation?.assign(principal);
    return async () => reservation?.assign(session?.principal);
  }

  /**
   * Says who asks, and counts the stream for that principal. The last one that is said counts.
   * @throws StreamRefusal
   */
  async identify(
    { response }: HttpExchange,
    session: PrincipalSession,
  ): Promise<void> {
    const pending = pendingStreamOf(response);
    await pending.reservation?.assign(session.principal);
    pending.session = session;
  }

  /** The stream opens now, and hears for itself from here on. */
  leave({ response }: HttpExchange): readonly ConnectionCommand[] | undefined {
    const pending = pendingStreamOf(response);
    this.registry.pending.delete(pending);
    pending.stopListening?.();
    pending.stopListening = undefined;
    pending.refuse = undefined;
    const missed = pending.missedCommands;
    pending.missedCommands = undefined;
    return missed;
  }

  /** Answers the requests whose handlers have not: the server goes away, and would wait for them. */
  refusePending(): void {
    for (const { refuse } of this.registry.pending) refuse?.();
  }

  /**
   * How a refused request is answered, unless it is refused by status.
   * @throws HttpException 429 or 503, with `Retry-After` set on the response
   */
  answerTo(exchange: HttpExchange, refusal: StreamRefusal): Answer {
    const { settings } = this;
    const { isDataOnly } = pendingStreamOf(exchange.response);
    if (refusal.code === 'SHUTTING_DOWN')
      return () => this.#refuseDraining(exchange, refusal);
    const waitMs = retryDelay(waitOf(refusal, settings.retry || DEFAULT_WAIT));
    if (settings.refusal === 'retry' && !isDataOnly) {
      const retry = { minMs: waitMs, maxMs: waitMs };
      return () => refuseForNow(exchange, refusal, retry);
    }
    exchange.response.setHeader('retry-after', Math.ceil(waitMs / 1_000));
    throw toHttpError(refusal);
  }

  #refuseDraining(exchange: HttpExchange, refusal: StreamRefusal): void {
    const { drainRetry } = this;
    const { isDataOnly } = pendingStreamOf(exchange.response);
    if (isDataOnly) refuseAsAway(exchange, refusal, drainRetry);
    else refuseForNow(exchange, refusal, drainRetry);
  }

  #letIn(exchange: HttpExchange, reservation: Reservation | undefined): void {
    const { response } = exchange;
    const pending = pendingStreamOf(response);
    pending.reservation = reservation;
    pending.hasEntered = true;
    this.registry.pending.add(pending);
    if (reservation !== undefined)
      onceClosed(response, () => reservation.release());
    pending.refuse = () => {
      if (!exchange.isAnswered) this.#refuseDraining(exchange, shuttingDown());
    };
    pending.stopListening = onceClosed(response, () => {
      this.registry.pending.delete(pending);
      pending.missedCommands = undefined;
    });
  }
}

export function shuttingDown(): StreamRefusal {
  return new StreamRefusal('SHUTTING_DOWN', 'The server is shutting down.');
}

// Spread, so that those who were refused together do not come back together.
function waitOf(
  { retryAfterMs = 0 }: StreamRefusal,
  { minMs, maxMs }: RetryOptions,
): RetryOptions {
  return { minMs: retryAfterMs + minMs, maxMs: retryAfterMs + maxMs };
}
