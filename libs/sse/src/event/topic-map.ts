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

/** The data of a topic by {@link SseTopicMap}; `unknown` where the map says nothing. */
export type TopicData<T extends string> = T extends keyof SseTopicMap
  ? SseTopicMap[T]
  : unknown;

/** What may be published on a topic: its data, or a message that holds it. */
export type Publishable<T extends string> =
  unknown extends TopicData<T>
    ? unknown
    : TopicData<T> | { readonly type?: string; readonly data: TopicData<T> };
