import { Logger } from '@nestjs/common';
import { SseException } from '../event/exception.js';
import type { SsePrincipal } from '../event/principal.js';
import { isRefusal } from './stream-failure.js';
import type { StreamSession } from './stream-session.js';

/** A stream whose rights are asked for again. */
export interface RevalidatedStream {
  readonly isOver: boolean;
  readonly route: string;
  readonly principal: SsePrincipal | undefined;
  readonly session: StreamSession | undefined;
  readonly binding: { authorise(): Promise<void> };
  onRenewed(principal: SsePrincipal): void;
  onRefused(error: unknown): void;
}

const logger = new Logger('SseStream');

/** Asks again whether a stream's principal may be connected, and read what it reads. */
export class Revalidation {
  #state: 'idle' | 'running' | 'again' = 'idle';

  constructor(private readonly stream: RevalidatedStream) {}

  request(): void {
    // While one runs: what it read may be from before the change.
    if (this.#state !== 'idle') this.#state = 'again';
    else void this.#run();
  }

  async #run(): Promise<void> {
    do {
      this.#state = 'running';
      await this.#ask();
    } while (!this.stream.isOver && this.#isRequested());
    this.#state = 'idle';
  }

  #isRequested(): boolean {
    return this.#state === 'again';
  }

  async #ask(): Promise<void> {
    const { stream } = this;
    try {
      await this.#renew();
      if (!stream.isOver) await stream.binding.authorise();
    } catch (error) {
      if (stream.isOver) return;
      if (isRefusal(error)) stream.onRefused(error);
      else logger.warn(stillOpen(stream.route, error));
    }
  }

  async #renew(): Promise<void> {
    const { stream } = this;
    const { session, principal } = stream;
    if (session === undefined || principal === undefined) return;
    const renewed = await session.revalidate(principal);
    if (stream.isOver) return;
    if (renewed?.id !== principal.id) {
      throw new SseException(
        'UNAUTHENTICATED',
        'The right to be connected was taken away.',
      );
    }
    stream.onRenewed(renewed);
  }
}

// The message alone: the error of a database or an HTTP client may carry what it was asked with.
function stillOpen(route: string, error: unknown): string {
  const message = error instanceof Error ? error.message : 'unknown error';
  return `${route}: a principal could not be revalidated, so its stream goes on: ${message}`;
}
