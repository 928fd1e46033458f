import { Injectable } from '@nestjs/common';
import { assertTopic } from '../event/topic.js';
import type { Publishable, TopicEvent } from '../event/topic-map.js';
import { CONTROL_TOPIC, endTopicOf } from '../log/control-topic.js';
import { parseEventId } from '../event/event-id.js';
import type { AppendResult, EventLog, LogEntry } from '../log/event-log.js';
import { BusObservers } from './bus-observer.js';
import type { BusContext } from './fan-out/bus-context.js';
import { watchedAppend } from './publish/watched-append.js';
import { openBusStream, type BusStream } from './bus-stream.js';
import {
  checkPublications,
  checkPublishOptions,
  toEntryOf,
  toLogEntry,
  type Publication,
  type TypedPublication,
  type PublicationSettings,
  type PublishOptions,
} from './publish/publication.js';
import { PublishOrder } from './publish/publish-order.js';
import { ReadScheduler } from './resume/read-scheduler.js';
import type { TopicPolicy } from './topic-policy.js';
import {
  checkStreamOptions,
  selectorOf,
  type BusStreamOptions,
  type StreamTarget,
} from './bus-stream-options.js';
import { Tail, type ControlListener } from './fan-out/tail.js';
import type { SseConnection } from './binding/sse-connection.js';
import type { TopicRequest } from './subscription/topic-request.js';
import { TopicSubscription } from './subscription/topic-subscription.js';

const NO_OPTIONS: PublishOptions = Object.freeze({});

/** What became of a published event. */
export interface PublishResult {
  /** The event's id, as clients see it. */
  readonly id: string;
}

/** What became of a published event that may have been transient. */
export interface MaybePublishResult {
  /** Undefined for a transient event. */
  readonly id: string | undefined;
}

/** What is published together, each event by its topic. */
export type PublicationsOf<Topics extends readonly string[]> = {
  readonly [Index in keyof Topics]: TypedPublication<Topics[Index]>;
};

/** The bounds of a bus. */
export interface EventBusSettings extends PublicationSettings {
  readonly log: EventLog;
  readonly policy: TopicPolicy;
  /**
   * How many topics and patterns a stream of a connection may name.
   * @default 1000
   */
  readonly maxTopicsPerStream?: number | undefined;
  /** Obeys the commands that this or another node gave. */
  readonly control?: ControlListener | undefined;
}

/**
 * Pushes to streams from any provider, and opens the streams.
 *
 * @example
 * await bus.publish(`orders.${id}`, Object.assign(new OrderShipped(), { orderId: id }));
 */
@Injectable()
export class EventBusService {
  /** @internal */
  readonly observers = new BusObservers();
  readonly #settings: EventBusSettings;
  readonly #tail: Tail;
  readonly #context: BusContext;
  readonly #order: PublishOrder;

  /** @internal */
  protected constructor(settings: EventBusSettings) {
    this.#settings = settings;
    this.#order = new PublishOrder(settings.log);
    this.#tail = new Tail(settings.log, settings.control, this.observers);
    const { log, policy, maxTopicsPerStream = 1_000 } = settings;
    const reads = new ReadScheduler();
    this.#context = {
      log,
      policy,
      tail: this.#tail,
      reads,
      maxTopicsPerStream,
    };
  }

  /** @internal A bus that already follows its log. */
  static async open(settings: EventBusSettings): Promise<EventBusService> {
    const bus = new EventBusService(settings);
    await bus.follow();
    return bus;
  }

  /** @internal */
  protected async follow(): Promise<void> {
    await this.#tail.start();
  }

  /**
   * Validates an event, appends it to the log and resolves once it is there. Un-awaited calls of one
   * process keep their order; an event whose validators take longer than the current turn of the event loop
   * holds back its own topic only.
   *
   * @param topic a literal topic
   * @param event an instance of an `@SseEvent()` class, `{ type?, data }`, or plain data (type `message`)
   * @throws SseException `INVALID_TOPIC`, `INVALID_EVENT`, `INVALID_MESSAGE`, `UNSERIALIZABLE_DATA`,
   *   `EVENT_TOO_LARGE`, `VALIDATION_TIMEOUT`: nothing was appended; `PUBLISH_REJECTED`: it is nowhere; `PUBLISH_UNKNOWN`: it may
   *   appear, publish again with the same `messageId`
   */
  publish<const T extends string>(
    topic: T,
    event: Publishable<T>,
    options: PublishOptions & { readonly transient: true },
  ): Promise<MaybePublishResult>;
  publish<const T extends string>(
    topic: T,
    event: Publishable<T>,
    options?: PublishOptions & { readonly transient?: false | undefined },
  ): Promise<PublishResult>;
  publish<const T extends string>(
    topic: T,
    event: Publishable<T>,
    options?: PublishOptions,
  ): Promise<MaybePublishResult>;
  async publish(
    topic: string,
    event: unknown,
    options: PublishOptions = NO_OPTIONS,
  ): Promise<MaybePublishResult> {
    if (options !== NO_OPTIONS) checkPublishOptions(options);
    const { transient, messageId } = options;
    const [result] = await this.#append([
      { topic, event, transient, messageId },
    ]);
    return { id: result?.id };
  }

  /**
   * Publishes several events in this order: all of them, or none if one is refused.
   * @throws SseException as {@link publish}
   */
  async publishMany<const Topics extends readonly string[]>(
    publications: PublicationsOf<Topics>,
  ): Promise<MaybePublishResult[]> {
    checkPublications(publications);
    const results = await this.#append(publications);
    return results.map((result) => ({ id: result?.id }));
  }

  /**
   * The events of one or more topics. Called in a handler of an `@SseStream()` route it is bound to that
   * connection: authorised as its principal, and resumed from its cursor. Elsewhere it is a live stream
   * for server code.
   *
   * @throws SseException `INVALID_TOPIC`, `TOO_MANY_TOPICS`, `INVALID_OPTIONS`, `SECOND_BUS_STREAM`
   * @example bus.stream([`orders.${id}`, 'announcements'])
   * @example bus.stream(pattern('orders.*'), { filter: ({ type }) => type === 'order.shipped' })
   */
  stream<const T extends string>(
    target: StreamTarget<T>,
    options: BusStreamOptions<TopicEvent<T>> = {},
  ): BusStream<TopicEvent<T>> {
    checkStreamOptions(options);
    return openBusStream(this.#context, selectorOf(target), options);
  }

  /**
   * Ends a topic: its streams send what is before the end, then `stream-end`, and close; a client that
   * comes back to that end is told to stay away. Streams of several topics end with the last of them,
   * patterns never. The topic may be published to again, for new streams.
   * @throws SseException `INVALID_TOPIC`, `PUBLISH_REJECTED`, `PUBLISH_UNKNOWN`
   */
  async end(topic: string): Promise<void> {
    assertTopic(topic);
    await this.#order.append([endEntryOf(topic)], [topic]);
  }

  /** @internal Gives a command to all nodes, and resolves once this one has obeyed it, or has closed. */
  async command(type: string, json: string): Promise<void> {
    // Past all that waits for a validator: no user code holds up a revocation.
    const [result] = await this.#settings.log.append([
      { topic: CONTROL_TOPIC, type, json, publishedAt: Date.now() },
    ]);
    const cursor = result && parseEventId(result.id);
    if (cursor?.epoch !== this.#tail.epoch) return;
    await this.#tail.reached(Number(cursor.offset));
  }

  /** @internal Tells all nodes of something that nobody has to know of later. */
  async signal(type: string, json: string): Promise<void> {
    const [topic, publishedAt] = [CONTROL_TOPIC, Date.now()];
    await this.#settings.log.append([
      { topic, type, json, publishedAt, transient: true },
    ]);
  }

  /** @internal Where this process stands in the log. */
  get tail(): Pick<Tail, 'isRunning' | 'offset' | 'cursorAt'> {
    return this.#tail;
  }

  /** @internal The log below, for what is built on the bus. */
  get log(): EventLog {
    return this.#settings.log;
  }

  /** @internal Publishes to topics of the library's own, which no pattern reaches. */
  appendReserved(
    publications: readonly Publication[],
  ): Promise<readonly AppendResult[]> {
    return this.#append(publications, toEntryOf);
  }

  /** @internal The stream of a topic of the library's own; a client without a cursor begins after `from`. */
  streamReserved(
    topic: string,
    options: BusStreamOptions & { readonly from?: string },
  ): BusStream {
    const selector = { topics: [topic], patterns: [] };
    return openBusStream(this.#context, selector, options);
  }

  /** @internal A stream of a connection whose topics change while it is open. */
  openSubscription(
    { binding }: SseConnection,
    requests: readonly TopicRequest[],
    token: string,
  ): TopicSubscription {
    return new TopicSubscription(this.#context, binding, requests, token);
  }

  /** @internal Ends a topic of the library's own. */
  async endReserved(topic: string): Promise<void> {
    await this.#order.append([endEntryOf(topic)], [topic]);
  }

  /** @internal */
  async close(): Promise<void> {
    await this.#tail.stop();
    await this.#settings.log.close();
  }

  #append(
    publications: readonly Publication[],
    entryOf = toLogEntry,
  ): Promise<readonly AppendResult[]> {
    const observers = this.observers.publish;
    if (observers.size === 0)
      return this.#hand(publications, entryOf, this.#settings);
    return watchedAppend(observers, publications, (trace) =>
      this.#hand(publications, entryOf, { ...this.#settings, trace }),
    );
  }

  #hand(
    publications: readonly Publication[],
    entryOf: typeof toLogEntry,
    settings: PublicationSettings,
  ): Promise<readonly AppendResult[]> {
    const entries = publications.map((one) => entryOf(one, settings));
    const topics = publications.map(({ topic }) => topic);
    return this.#order.append(entries, topics);
  }
}

function endEntryOf(topic: string): LogEntry {
  return {
    topic: endTopicOf(topic),
    type: 'end',
    json: '{}',
    publishedAt: Date.now(),
  };
}
