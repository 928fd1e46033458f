import { SseException } from '../base/exception.js';
import { typeOfClass, type EventClass } from './event-class.js';

/** The classes of several events by the names that `@SseEvent()` gave them. */
export type EventClasses = Readonly<Record<string, EventClass>>;

/** The events of a route or of topics, as {@link sseEvents} declares them. */
export class SseEventSet<Classes extends EventClasses = EventClasses> {
  /** @internal */
  constructor(
    /** The class of each event, by its name. */
    readonly classes: Classes,
  ) {}
}

/**
 * The data of each event of a set by its name, for a typed client among others.
 *
 * @example
 * export type AllOrderEvents = EventsOf<typeof orderEvents>;
 * const stream = new EventStream<AllOrderEvents>('/orders/42/events');
 */
export type EventsOf<Events extends SseEventSet> = {
  [Name in keyof Events['classes'] & string]: InstanceType<
    Events['classes'][Name]
  >;
};

/**
 * Declares the events of a route or of topics once, for all who have to know them: the compiler, which checks `publish()`
 * and types `stream()` by {@link SseTopicMap}, a route's `events`, its OpenAPI document, and the client by
 * {@link EventsOf}. A decorator cannot tell the compiler its class's name, so the names stand here once more, and have
 * to be the same.
 *
 * @throws SseException `INVALID_OPTIONS` if a class has no `@SseEvent()`, or one with another name
 *
 * @example
 * export const orderEvents = sseEvents({
 *   'order.shipped': OrderShipped,
 *   'order.delayed': OrderDelayed,
 * });
 */
export function sseEvents<const Classes extends EventClasses>(
  classes: Classes,
): SseEventSet<Classes> {
  const problems = Object.entries(classes).flatMap(([name, one]) =>
    problemsOf(name, one),
  );
  if (problems.length > 0) {
    throw new SseException(
      'INVALID_OPTIONS',
      `sseEvents(): ${problems.join('; ')}.`,
    );
  }
  return new SseEventSet(Object.freeze({ ...classes }));
}

function problemsOf(name: string, one: EventClass): string[] {
  const quoted = JSON.stringify(name);
  if (typeof one !== 'function') return [`${quoted} needs a class`];
  const type = typeOfClass(one);
  if (type === name) return [];
  return type === undefined
    ? [`${one.name} needs @SseEvent(${quoted})`]
    : [`${one.name} is named ${JSON.stringify(type)}, not ${quoted}`];
}
