import { randomUUID } from 'node:crypto';
import { SseConnection } from '../bus/binding/sse-connection.js';
import type { ResetReason } from '../event/reset-reason.js';
import { passingEndId, sourceEndId } from '../event/end-id.js';
import type { SsePrincipal } from '../event/principal.js';
import { ConnectionBinding, type BindingOwner } from './connection-binding.js';
import type { ConnectionRegistry } from './connection-registry.js';
import type { ConnectionStanding } from './connection-standing.js';
import type { StreamFailure } from './stream-failure.js';
import type { PrincipalSession } from './principal-session.js';

/** What a request says of the stream it asks for. */
export interface StreamRequest {
  /** What it asks for, so that its end is told to those alone who ask for the same again. */
  readonly resource: string;
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

  constructor(
    protected readonly registry: ConnectionRegistry,
    readonly request: StreamRequest,
  ) {
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

  get standing(): ConnectionStanding {
    return this.binding.standing;
  }

  get topics(): readonly string[] {
    return this.binding.topics;
  }

  covers(topic: string): boolean {
    return this.binding.covers(topic);
  }

  onReset(reason: ResetReason): void {
    this.registry.tellOfReset(this, reason);
  }

  /** The id of the end of its source, where that is no bus stream, and of a client that is told to stay away. */
  get sourceEndId(): string {
    return sourceEndId(this.request.resource, this.principal?.id);
  }

  /**
   * The id of a failure that the same request meets again. If it is the server's own fault, the id is good until the
   * process ends: a client must not be kept away longer than by the deploy that mends it.
   */
  failureIdOf({ retryable, isExpected }: StreamFailure): string | undefined {
    if (retryable) return undefined;
    return isExpected
      ? this.sourceEndId
      : passingEndId(this.request.resource, this.principal?.id);
  }

  /** Whether the client comes back to the end of its bus stream's topics, once the source is attached. */
  get wasOver(): boolean {
    return this.binding.wasOver;
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
