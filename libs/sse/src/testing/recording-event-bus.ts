import {
  EventBusService,
  type EventBusSettings,
} from '../bus/event-bus.service.js';
import type { TopicPolicy } from '../bus/topic-policy.js';
import type { LogEntry } from '../log/event-log.js';
import { memoryEventLog } from '../log/memory/memory-event-log.js';
import { RecordingLog } from './recording-log.js';

/** An event that was published. */
export interface PublishedEvent {
  readonly topic: string;
  readonly type: string;
  /** What JSON made of the data: what subscribers see. */
  readonly data: unknown;
  readonly messageId?: string;
  /** Only there if it was published with `{ transient: true }`. */
  readonly transient?: true;
}

const EVERYBODY: TopicPolicy = {
  authorise: () => ({}),
  mayRead: () => true,
};

/**
 * A bus that remembers what was published: a real one, which validates, keeps its events in memory and delivers them, so
 * that it stands in for {@link EventBusService} everywhere. `SseTestingModule` provides it; a unit test opens its own.
 *
 * @example
 * const bus = await RecordingEventBus.open();
 * await new OrdersService(bus).ship('42');
 * expect(bus.published).toEqual([{ topic: 'orders.42', type: 'order.shipped', data: { orderId: '42' } }]);
 */
export class RecordingEventBus extends EventBusService {
  readonly #log: RecordingLog;

  /** @internal */
  protected constructor(settings: EventBusSettings, log: RecordingLog) {
    super({ ...settings, log });
    this.#log = log;
  }

  /** A bus with a log of its own in memory. */
  static override async open(
    settings: Partial<EventBusSettings> = {},
  ): Promise<RecordingEventBus> {
    const log = new RecordingLog(settings.log ?? memoryEventLog());
    const { maxEventBytes = 256 * 1024, policy = EVERYBODY } = settings;
    const bus = new RecordingEventBus(
      { ...settings, maxEventBytes, policy, log },
      log,
    );
    await bus.follow();
    return bus;
  }

  /**
   * All events that were accepted, in the order of the log. One of a class with validators is there once they have run:
   * await its `publish()`.
   */
  get published(): readonly PublishedEvent[] {
    return this.#log.entries.map(publishedOf);
  }

  /** The topics that were ended, in the order of the calls. */
  get ended(): readonly string[] {
    return [...this.#log.ended];
  }

  /** What was published on one topic. */
  publishedOn(topic: string): readonly PublishedEvent[] {
    return this.published.filter((event) => event.topic === topic);
  }

  /** Forgets what was published and ended so far. */
  clear(): void {
    this.#log.entries.length = 0;
    this.#log.ended.length = 0;
  }
}

function publishedOf(entry: LogEntry): PublishedEvent {
  const { topic, type, json, messageId, transient } = entry;
  return {
    topic,
    type,
    data: JSON.parse(json) as unknown,
    ...(messageId !== undefined && { messageId }),
    ...(transient === true && { transient }),
  };
}
