import type { Subscriber } from 'rxjs';
import type { ConnectionPort } from './connection-port.js';
import { noteBoundSubscription, subscribingConsumer } from './consumer.js';
import { foreignStreamError } from './foreign-stream.js';
import { currentBinding } from './handler-context.js';

/** Somebody who subscribes to a bus stream, or to what operators made of it. */
export interface Subscribing {
  readonly subscriber: Subscriber<never>;
  /** The function that was called for it, as the stack shows it. */
  readonly subscribe: Function;
  /** The connection at the end of the chain of operators; undefined behind an observer of somebody's own. */
  readonly consumer: ConnectionPort | undefined;
  /** Whether this is a part of a subscription to the same stream that was admitted already. */
  readonly isNested: boolean;
}

/** Decides who may subscribe to a bus stream and to all that operators make of it. */
export interface SubscriptionGuard {
  /**
   * @returns undefined if it may at once
   * @throws SseException `FOREIGN_BUS_STREAM`, `TOPIC_FORBIDDEN`, `UNAUTHENTICATED`, `NO_STREAM_CONTEXT`
   */
  admit(subscribing: Subscribing): Promise<void> | undefined;
}

/** Of a stream that is bound to a connection: for that one only. */
export class BoundGuard implements SubscriptionGuard {
  readonly #isOpenedByServer: boolean;

  constructor(private readonly owner: ConnectionPort) {
    this.#isOpenedByServer = currentBinding() === undefined;
  }

  admit({ consumer, isNested }: Subscribing): undefined {
    const isOwn =
      consumer === undefined
        ? isNested || this.#isOwnCode()
        : consumer === this.owner;
    if (!isOwn) throw foreignStreamError();
    noteBoundSubscription(this.owner);
  }

  // An observer of the application's own does not say for whom it is: the code that it stands in has to.
  #isOwnCode(): boolean {
    const subscribing = subscribingConsumer();
    if (subscribing !== undefined) return subscribing === this.owner;
    const running = currentBinding();
    return running === undefined
      ? this.#isOpenedByServer
      : running === this.owner;
  }
}
