import { randomUUID } from 'node:crypto';
import { SseConnection } from '../bus/binding/sse-connection.js';
import type { SsePrincipal } from '../event/principal.js';
import { ConnectionBinding, type BindingOwner } from './connection-binding.js';
import type { PrincipalSession } from './principal-session.js';

/** What a request says of the stream it asks for. */
export interface StreamRequest {
  /** The URL's path, without the query. */
  readonly path: string;
  /** `Controller.method`, for messages. */
  readonly route: string;
  readonly lastEventId: string | undefined;
  /** As the platform's trust-proxy setting sees it. */
  readonly address: string | undefined;
}

/** What anybody may know of a connection: who asked for what, and how to hear of its end. */
export abstract class ConnectionBase
  extends SseConnection
  implements BindingOwner
{
  readonly openedAt = Date.now();
  readonly binding = new ConnectionBinding(this);
  principal: SsePrincipal | undefined;
  #session: PrincipalSession | undefined;
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

  get session(): PrincipalSession | undefined {
    return this.#session;
  }

  set session(session: PrincipalSession | undefined) {
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
