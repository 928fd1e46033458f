import type { SseData } from './message.js';

/**
 * What is published on which topic, for the compiler. Empty until an application augments it:
 *
 * @example
 * declare module 'nestjs-event-stream' {
 *   interface SseTopicMap {
 *     [topic: `orders.${string}`]: OrderShipped | OrderDelayed;
 *   }
 * }
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by declaration merging
export interface SseTopicMap {}

/** The data of a topic by {@link SseTopicMap}; anything an event can carry where the map says nothing. */
export type TopicData<T extends string> = T extends keyof SseTopicMap
  ? SseTopicMap[T]
  : SseData;

/** What may be published on a topic: its data, or a message that holds it. */
export type Publishable<T extends string> = T extends keyof SseTopicMap
  ? SseTopicMap[T] | { readonly type?: string; readonly data: SseTopicMap[T] }
  : unknown;
