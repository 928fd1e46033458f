import { Logger } from '@nestjs/common';
import {
  Observable,
  Subscriber,
  type Observer,
  type Operator,
  type Subscription,
} from 'rxjs';

const logger = new Logger('EventBus');

/**
 * An Observable whose subscribers may throw, behind operators too: RxJS rethrows what they throw as an
 * uncaught exception, which ends the process with everybody's streams.
 */
export class GuardedObservable<T> extends Observable<T> {
  // Operators derive with it, so that what they give is guarded as well.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>();
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
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
          logger.error('A bus stream without an error handler failed', reason);
      }),
      complete: guarded(() => observer.complete?.()),
    });
  }
}

function guarded<A extends unknown[]>(
  callback: (...values: A) => void,
): (...values: A) => void {
  return (...values) => {
    try {
      callback(...values);
    } catch (error) {
      logger.error('A subscriber of a bus stream threw', error);
    }
  };
}
