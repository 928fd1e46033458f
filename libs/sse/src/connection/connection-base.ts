import { randomUUID } from 'node:crypto';
import { SseConnection } from '../bus/binding/sse-connection.js';
import type { SsePrincipal } from '../event/principal.js';
import {
  ConnectionBinding,
  type BoundConnection,
} from './connection-binding.js';
import type { StreamRequest } from './stream-request.js';
import type { StreamSession } from './principal-session.js';

/** What anybody may know of a connection: who asked for what, and how to hear of its end. */
export abstract class DescribedConnection
  extends SseConnection
  implements BoundConnection
{
  readonly openedAt = Date.now();
  readonly binding = new ConnectionBinding(this);
  principal: SsePrincipal | undefined;
  #session: StreamSession | undefined;
  #id: string | undefined;
  #abort: AbortController | undefined;

  constructor(readonly request: StreamRequest) {
    super();
  }

  abstract readonly isOver: boolean;
  abstract readonly readyTimeoutMs: number;
  abstract error(error: unknown): void;

  get id(): string {
    return (this.#id ??= randomUUID());
  }

  get lastEventId(): string | undefined {
    return this.request.lastEventId;
  }

  get route(): string {
    return this.request.route;
  }

  get address(): string | undefined {
    return this.request.address;
  }

  get topics(): readonly string[] {
    return this.binding.topics;
  }

  covers(topic: string): boolean {
    return this.binding.covers(topic);
  }

  get session(): StreamSession | undefined {
    return this.#session;
  }

  set session(session: StreamSession | undefined) {
    this.#session = session;
    this.principal = session?.principal;
  }

  get signal(): AbortSignal {
    return this.abortController.signal;
  }

  /** Made when somebody asks: it takes most of a kilobyte. */
  get abortController(): AbortController {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.isOver) this.#abort.abort();
    }
    return this.#abort;
  }

  /** Tells those who asked for the signal. */
  protected abort(): void {
    this.#abort?.abort();
  }
}
