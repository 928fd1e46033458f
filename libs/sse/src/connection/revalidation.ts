import { Logger } from '@nestjs/common';
import { messageOf } from '../base/log-error.js';
import { SseException } from '../base/exception.js';
import { isExpired, type SsePrincipal } from '../event/principal.js';
import { isRefusal } from './stream-failure.js';
import type { PrincipalSession } from './principal-session.js';

/** A stream whose rights are asked for again. */
export interface RevalidatedStream {
  readonly isOver: boolean;
  readonly route: string;
  readonly principal: SsePrincipal | undefined;
  readonly session: PrincipalSession | undefined;
  readonly binding: { authorise(): Promise<void> };
  onRenewed(principal: SsePrincipal): void;
  onExpired(): void;
  onRefused(error: unknown): void;
}

const logger = new Logger('SseStream');

/**
 * How long an answer is waited for before a further request is made all the same: a query that never comes
 * back must not keep a stream open for ever. Milliseconds.
 */
const PATIENCE_MS = 30_000;

/** Asks again whether a stream's principal may be connected, and read what it reads. */
export class Revalidation {
  /** Numbers the questions: an answer counts unless a later one was answered before. */
  #asked = 0;
  #answered = 0;
  #askedAt = -Infinity;
  /** Whether to ask once more, as what the running one read may be from before a change. */
  #isRequested = false;

  constructor(private readonly stream: RevalidatedStream) {}

  request(now = performance.now()): void {
    const isRunning = this.#answered < this.#asked;
    if (isRunning && now - this.#askedAt < PATIENCE_MS)
      this.#isRequested = true;
    else this.#inContext(() => void this.#run(now));
  }

  // A timer has the context of nobody, and a command that of whoever gave it.
  #inContext(ask: () => void): void {
    const { session } = this.stream;
    if (session === undefined) ask();
    else session.context.runInAsyncScope(ask);
  }

  async #run(now: number): Promise<void> {
    const number = ++this.#asked;
    this.#askedAt = now;
    this.#isRequested = false;
    await this.#ask(number);
    if (this.#isOutdated(number)) return;
    this.#answered = number;
    // A later one that still runs was asked after the change.
    if (this.#isRequested && number === this.#asked) this.request();
  }

  #isOutdated(number: number): boolean {
    return this.stream.isOver || number < this.#answered;
  }

  async #ask(number: number): Promise<void> {
    const { stream } = this;
    try {
      await this.#renew(number);
      if (!this.#isOutdated(number)) await stream.binding.authorise();
    } catch (error) {
      if (this.#isOutdated(number)) return;
      if (isRefusal(error)) stream.onRefused(error);
      else logger.warn(stillOpen(stream.route, error));
    }
  }

  async #renew(number: number): Promise<void> {
    const { stream } = this;
    const { session, principal } = stream;
    if (session === undefined || principal === undefined) return;
    const renewed = await session.revalidate(principal);
    if (this.#isOutdated(number)) return;
    if (renewed?.id !== principal.id) {
      throw new SseException(
        'UNAUTHENTICATED',
        'The right to be connected was taken away.',
      );
    }
    if (isExpired(renewed)) stream.onExpired();
    else stream.onRenewed(renewed);
  }
}

function stillOpen(route: string, error: unknown): string {
  return `${route}: a principal could not be revalidated, so its stream goes on: ${messageOf(error)}`;
}
