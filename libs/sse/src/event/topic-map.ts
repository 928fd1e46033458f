import type { EventsOf, SseEventSet } from './event-set.js';
import type { StreamEvent } from './event-record.js';
import type { SseData } from './message.js';
import type { Serialized } from './serialized.js';

/**
 * What is published on which topic, for the compiler: the events that {@link sseEvents} declares, or, where events have
 * no names, what their data is. Empty until an application augments it:
 *
 * @example
 * export const orderEvents = sseEvents({
 *   'order.shipped': OrderShipped,
 *   'order.delayed': OrderDelayed,
 * });
 *
 * declare module 'nestjs-event-stream' {
 *   interface SseTopicMap {
 *     [topic: `orders.${string}`]: typeof orderEvents;
 *     [topic: `prices.${string}`]: number;
 *   }
 * }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface SseTopicMap {}

/** An event that a bus stream of this topic gives: of the set, each name with its own data. */
export type TopicEvent<T extends string> = T extends keyof SseTopicMap
  ? SseTopicMap[T] extends SseEventSet
    ? EventOfSet<EventsOf<SseTopicMap[T]>>
    : StreamEvent<Serialized<SseTopicMap[T]>>
  : StreamEvent<SseData>;

/** What may be published on a topic: an instance of an event class, data, or a message that holds it. */
export type Publishable<T extends string> = T extends keyof SseTopicMap
  ? SseTopicMap[T] extends SseEventSet
    ? PublishableOfSet<EventsOf<SseTopicMap[T]>>
    : SseTopicMap[T] | { readonly type?: string; readonly data: SseTopicMap[T] }
  : unknown;

type EventOfSet<Events extends object> = {
  [Name in keyof Events & string]: StreamEvent<Serialized<Events[Name]>, Name>;
}[keyof Events & string];

type PublishableOfSet<Events extends object> =
  | Events[keyof Events]
  | {
      [Name in keyof Events & string]: MessageOf<Name, Events[Name]>;
    }[keyof Events & string];

interface MessageOf<Name extends string, Data> {
  readonly type: Name;
  readonly data: Data | Serialized<Data>;
}
