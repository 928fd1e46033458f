import { refusePromise } from '../base/async-callback.js';
import type { StreamEvent } from '../event/event-record.js';
import type { BusStreamOptions } from './bus-stream-options.js';

/** The callbacks of a bus stream's options, for one event at a time. They are `never`: who wrote them says of what. */
type Callbacks = Pick<BusStreamOptions<never>, 'filter' | 'map'>;

const REMEDY =
  'Use what is known when the event comes, or an operator behind the stream: concatMap(async (event) => …) keeps ' +
  'the order.';

/**
 * Whether the filter lets an event through.
 * @throws SseException `ASYNC_CALLBACK`: a Promise is truthy, so that everything would pass
 */
export function passesFilter(
  { filter }: Callbacks,
  event: StreamEvent,
): boolean {
  if (filter === undefined) return true;
  const answer: unknown = filter(event as never);
  if (typeof answer === 'object')
    refusePromise('The filter of a bus stream', answer, REMEDY);
  return Boolean(answer);
}

/**
 * What is sent in an event's place.
 * @throws SseException `ASYNC_CALLBACK`
 */
export function mapped({ map }: Callbacks, event: StreamEvent): unknown {
  if (map === undefined) return event;
  const value = map(event as never);
  if (typeof value === 'object')
    refusePromise('The map of a bus stream', value, REMEDY);
  return value;
}
