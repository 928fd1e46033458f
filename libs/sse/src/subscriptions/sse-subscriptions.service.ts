import { createHash, randomBytes } from 'node:crypto';
import { SseException } from '../base/exception.js';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { BusStream } from '../bus/bus-stream.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import type {
  TopicChange,
  TopicRequest,
} from '../bus/subscription/topic-request.js';
import type { TopicSubscription } from '../bus/subscription/topic-subscription.js';
import type { ConnectionObserver } from '../connection/connection-observer.js';
import type { ConnectionRegistry } from '../connection/connection-registry.js';
import type { SsePrincipal } from '../event/principal.js';
import type { ChangedTopics } from '../event/topics-event.js';
import { OtherNodes } from './other-nodes.js';

interface OpenSubscription {
  readonly key: string;
  readonly connection: SseConnection;
  readonly subscription: TopicSubscription;
}

/** The streams whose topics their clients change, by the tokens that only these clients were told. */
export class SseSubscriptions implements ConnectionObserver {
  /** Those whose streams may not have opened yet. */
  readonly #made = new WeakMap<SseConnection, OpenSubscription>();
  readonly #open = new Map<string, OpenSubscription>();
  readonly #others: OtherNodes;

  constructor(
    registry: ConnectionRegistry,
    private readonly bus: EventBusService,
  ) {
    registry.observers.add(this);
    this.#others = new OtherNodes(bus, (key, owner, change) =>
      this.#changeHere(key, owner, change),
    );
    registry.signalListeners.add((record) => this.#others.onSignal(record));
  }

  /** @throws SseException `INVALID_TOPIC`, `TOO_MANY_TOPICS`, `SECOND_BUS_STREAM` */
  open(
    connection: SseConnection,
    requests: readonly TopicRequest[],
  ): BusStream {
    const token = randomBytes(24).toString('base64url');
    const subscription = this.bus.openSubscription(connection, requests, token);
    const key = keyOf(token);
    this.#made.set(connection, { key, connection, subscription });
    return subscription.stream;
  }

  /**
   * Changes the topics of an open stream, on whichever node it is.
   * @throws SseException `NO_SUCH_SUBSCRIPTION`, `INVALID_TOPIC`, `TOO_MANY_TOPICS`, `UNAUTHENTICATED`
   */
  async change(
    principal: SsePrincipal | undefined,
    token: string,
    change: TopicChange,
  ): Promise<ChangedTopics> {
    const key = keyOf(token);
    const result = await (this.#changeHere(key, principal?.id, change) ??
      this.#others.change(key, principal?.id, change));
    if (result !== undefined) return result;
    throw new SseException(
      'NO_SUCH_SUBSCRIPTION',
      'No open stream of yours has this token. Open one, and use the token of its first stream-topics.',
    );
  }

  onOpen(connection: SseConnection): void {
    const made = this.#made.get(connection);
    if (made !== undefined) this.#open.set(made.key, made);
  }

  onClose(connection: SseConnection): void {
    const made = this.#made.get(connection);
    if (made !== undefined) this.#open.delete(made.key);
  }

  /** Undefined if this node has no such stream, or it is another principal's: who guesses learns nothing. */
  #changeHere(
    key: string,
    owner: string | undefined,
    change: TopicChange,
  ): Promise<ChangedTopics> | undefined {
    const open = this.#open.get(key);
    if (open === undefined || open.connection.principal?.id !== owner)
      return undefined;
    return open.subscription.change(change);
  }
}

/** Tokens themselves are kept nowhere, and pass through no log. */
function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
