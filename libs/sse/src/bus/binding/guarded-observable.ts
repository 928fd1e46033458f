import { Logger } from '@nestjs/common';
import {
  Observable,
  Subscriber,
  type Observer,
  type Operator,
  type Subscription,
  type TeardownLogic,
} from 'rxjs';
import { logError } from '../../base/log-error.js';
import type { ConnectionPort } from './connection-port.js';
import { consumerOf, noteRefusal } from './consumer.js';
import type { SubscriptionGuard } from './subscription-guard.js';

const logger = new Logger('EventBus');

/** A subscription that was admitted and is under way, further up the stack. */
interface Admitted {
  readonly guard: SubscriptionGuard;
  readonly consumer: ConnectionPort | undefined;
}

let admitted: Admitted | undefined;

/**
 * An Observable whose subscribers may throw, behind operators too: RxJS rethrows what they throw as an
 * uncaught exception, which ends the process with everybody's streams. With a guard it also asks who
 * subscribes, to itself and to everything that operators made of it, such as a `shareReplay()` that
 * somebody keeps.
 */
export class GuardedObservable<T> extends Observable<T> {
  constructor(
    subscribe?: (subscriber: Subscriber<T>) => TeardownLogic,
    /** @internal */
    readonly guard?: SubscriptionGuard,
  ) {
    super(subscribe);
  }

  // Operators derive with it, so that what they give is guarded as well.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(undefined, guardOf(this));
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const subscriber =
      observerOrNext instanceof Subscriber
        ? observerOrNext
        : new Subscriber(observerOf(observerOrNext, error, complete));
    const { guard } = this;
    if (guard === undefined) return super.subscribe(subscriber);
    const one = { guard, consumer: consumerOf(observerOrNext) };
    const start = (): Subscription => {
      const before = admitted;
      admitted = one;
      try {
        return super.subscribe(subscriber);
      } finally {
        admitted = before;
      }
    };
    try {
      const admission = guard.admit({
        subscriber: subscriber as Subscriber<never>,
        subscribe: GuardedObservable.prototype.subscribe,
        consumer: one.consumer,
        isNested: isPartOf(admitted, one),
      });
      if (admission === undefined) return start();
      admission.then(
        () => {
          if (!subscriber.closed) start();
        },
        (reason: unknown) => subscriber.error(reason),
      );
    } catch (reason) {
      // Told rather than thrown: whoever subscribes in a timer has nobody who would catch it.
      subscriber.error(reason);
      if (one.consumer === undefined) noteRefusal(reason);
    }
    return subscriber;
  }
}

function isPartOf(outer: Admitted | undefined, inner: Admitted): boolean {
  return (
    outer?.guard === inner.guard &&
    (inner.consumer === undefined || inner.consumer === outer.consumer)
  );
}

// A ConnectableObservable borrows the `lift` of its source, and has no guard itself.
function guardOf({
  guard,
  source,
}: {
  readonly guard?: SubscriptionGuard | undefined;
  readonly source?: unknown;
}): SubscriptionGuard | undefined {
  return (
    guard ??
    (source instanceof Observable ? guardOf(source as never) : undefined)
  );
}

function observerOf<T>(
  observerOrNext:
    Partial<Observer<T>> | ((value: T) => void) | null | undefined,
  error: ((error: unknown) => void) | null | undefined,
  complete: (() => void) | null | undefined,
): Observer<T> {
  const observer: Partial<Observer<T>> =
    typeof observerOrNext === 'function' || observerOrNext == null
      ? {
          ...(observerOrNext && { next: observerOrNext }),
          ...(error && { error }),
          ...(complete && { complete }),
        }
      : observerOrNext;
  return {
    next: guarded((value: T) => observer.next?.(value)),
    error: guarded((reason: unknown) => {
      if (observer.error) observer.error(reason);
      else
        logError(
          logger,
          'A bus stream without an error handler failed',
          reason,
        );
    }),
    complete: guarded(() => observer.complete?.()),
  };
}

function guarded<A extends unknown[]>(
  callback: (...values: A) => void,
): (...values: A) => void {
  return (...values) => {
    try {
      callback(...values);
    } catch (error) {
      logError(logger, 'A subscriber of a bus stream threw', error);
    }
  };
}
