import { Observable } from 'rxjs';
import type { AnyEvent, EventStream } from '../index.js';

/**
 * The events of a stream as an Observable: those of `onAny()`. Completes when the stream is over, and fails with its
 * error if it failed for good.
 *
 * @param source a stream, which stays open when nobody is subscribed; or a function that makes one for each subscriber,
 * which is closed with the subscription
 *
 * @example
 * observeStream(() => new EventStream<OrderEvents>('/orders/42/events'))
 *   .pipe(filter(({ type }) => type === 'order.shipped'))
 *   .subscribe(({ data }) => show(data));
 */
export function observeStream<Events extends object>(
  source: EventStream<Events> | (() => EventStream<Events>),
): Observable<AnyEvent<Events>> {
  return new Observable((subscriber) => {
    const isOwn = typeof source === 'function';
    const stream = isOwn ? source() : source;
    const settle = (): void => {
      const { state } = stream;
      if (state.name !== 'closed') return;
      if (state.error === undefined) subscriber.complete();
      else subscriber.error(state.error);
    };
    subscriber.add(stream.onAny((event) => subscriber.next(event)));
    subscriber.add(stream.onState(settle));
    if (isOwn) subscriber.add(() => stream.close());
    settle();
  });
}
