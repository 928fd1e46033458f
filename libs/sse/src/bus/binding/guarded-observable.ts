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
import { foreignStreamError } from './foreign-stream.js';
import { bindingOfSubscription } from './handler-context.js';
import type { ConnectionPort } from './connection-port.js';

const logger = new Logger('EventBus');

/**
 * An Observable whose subscribers may throw, behind operators too: RxJS rethrows what they throw as an
 * uncaught exception, which ends the process with everybody's streams.
 */
export class GuardedObservable<T> extends Observable<T> {
  constructor(
    subscribe?: (subscriber: Subscriber<T>) => TeardownLogic,
    /** The connection that everything derived from here is for. */
    protected readonly binding?: ConnectionPort,
  ) {
    super(subscribe);
  }

  // Operators derive with it, so that what they give is guarded as well.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(undefined, this.binding);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    this.#refuseForeign();
    if (observerOrNext instanceof Subscriber)
      return super.subscribe(observerOrNext);
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'function' || observerOrNext == null
        ? {
            ...(observerOrNext && { next: observerOrNext }),
            ...(error && { error }),
            ...(complete && { complete }),
          }
        : observerOrNext;
    return super.subscribe({
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
    });
  }

  // A shareReplay() that was kept would replay one user's events to the next, outside of any emission.
  #refuseForeign(): void {
    if (this.binding === undefined) return;
    const subscribing = bindingOfSubscription();
    if (subscribing !== undefined && subscribing !== this.binding)
      throw foreignStreamError();
  }
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
