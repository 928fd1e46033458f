import {
  Subscriber,
  type Observable,
  type Observer,
  type Subscription,
} from 'rxjs';
import type { ConnectionPort } from './connection-port.js';
import { runFor } from './handler-context.js';

/** The end of a chain of operators, where the values reach a connection. */
class ConsumingSubscriber extends Subscriber<unknown> {
  constructor(
    readonly consumer: ConnectionPort,
    observer: Observer<unknown>,
  ) {
    super(observer);
  }
}

/**
 * The connection that a subscriber's values reach. RxJS keeps in each subscriber of an operator the one
 * behind it (`destination`), through creation operators and later subscriptions as well, so that no timer,
 * promise or context in between can hide it. Undefined where the chain ends in an observer of somebody's own.
 */
export function consumerOf(subscriber: unknown): ConnectionPort | undefined {
  let one = subscriber;
  while (typeof one === 'object' && one !== null) {
    if (one instanceof ConsumingSubscriber) return one.consumer;
    one = (one as { destination?: unknown }).destination;
  }
  return undefined;
}

/** A connection that subscribes to its source, here and now. */
interface Consumption {
  readonly consumer: ConnectionPort;
  /** Whether a bus stream that is bound to it was subscribed. */
  hasBound: boolean;
  /** Why a bus stream was refused to an observer of the application's own, which may not pass it on. */
  refusal: unknown;
}

let current: Consumption | undefined;

/** The connection whose source is being subscribed, further up the stack. */
export function subscribingConsumer(): ConnectionPort | undefined {
  return current?.consumer;
}

/** Says that a stream which is bound to this connection was subscribed. */
export function noteBoundSubscription(owner: ConnectionPort): void {
  if (current?.consumer === owner) current.hasBound = true;
}

/** Says that a bus stream was refused, where the chain of operators cannot be trusted to say it. */
export function noteRefusal(reason: unknown): void {
  if (current !== undefined) current.refusal ??= reason;
}

/**
 * Subscribes to what a connection sends.
 * @throws SseException the refusal of a bus stream to an observer of the application's own
 */
export function subscribeFor(
  consumer: ConnectionPort,
  source: Observable<unknown>,
  observer: Observer<unknown>,
): { readonly subscription: Subscription; readonly hasBound: boolean } {
  const before = current;
  const consumption: Consumption = {
    consumer,
    hasBound: false,
    refusal: undefined,
  };
  current = consumption;
  try {
    const subscriber = new ConsumingSubscriber(consumer, observer);
    const subscription = runFor(consumer, () => source.subscribe(subscriber));
    if (consumption.refusal !== undefined) {
      subscription.unsubscribe();
      throw consumption.refusal;
    }
    return { subscription, hasBound: consumption.hasBound };
  } finally {
    current = before;
  }
}
