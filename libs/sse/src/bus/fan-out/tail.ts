import { Logger } from '@nestjs/common';
import { logError } from '../../base/log-error.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import {
  CONTROL_TOPIC,
  endedTopic,
  isControlTopic,
} from '../../log/control-topic.js';
import { formatEventId } from '../../event/event-id.js';
import type { EventLog, LogTail, TailListener } from '../../log/event-log.js';
import { EndedTopics } from './ended-topics.js';
import { TopicIndex, type TopicSubscriber } from './topic-index.js';

/** Obeys the commands in the log, in their order among the events. */
export interface ControlListener {
  onControl(record: EventRecord): void;
}

/** The one reader per process that follows the log and fans its events out. */
export class Tail implements TailListener {
  readonly #logger = new Logger('EventBus');
  readonly #index = new TopicIndex();
  readonly #ended = new EndedTopics();
  readonly #waiting: {
    readonly offset: Offset;
    readonly callback: () => void;
  }[] = [];
  #tail: LogTail | undefined;
  #offset: Offset = 0;
  #deliveredOffset: Offset = 0;
  #current: EventRecord | undefined;
  #cursor: string | undefined;
  #cursorOffset: Offset = 0;

  constructor(
    private readonly log: EventLog,
    private readonly control?: ControlListener,
  ) {}

  async start(): Promise<void> {
    this.#tail = await this.log.tail(this);
    this.#offset = this.#deliveredOffset = this.#tail.head.offset;
  }

  async stop(): Promise<void> {
    await this.#tail?.stop();
  }

  get epoch(): string {
    return this.#tail?.head.epoch ?? '';
  }

  /** The newest record that was, or is being, delivered. */
  get offset(): Offset {
    return this.#offset;
  }

  /** The wire id of a place, made once for all streams that stand there. */
  cursorAt(offset: Offset): string {
    if (this.#cursor === undefined || this.#cursorOffset !== offset) {
      this.#cursor = formatEventId(this.epoch, offset);
      this.#cursorOffset = offset;
    }
    return this.#cursor;
  }

  /** Everything up to here has been delivered to everybody. */
  get deliveredOffset(): Offset {
    return this.#deliveredOffset;
  }

  /** The record that is being delivered right now: who subscribes meanwhile comes too late for it. */
  get current(): EventRecord | undefined {
    return this.#current;
  }

  /** Whether the newest record of a topic is its end, and stands at this place or before. */
  hasEnded(topic: string, by: Offset): boolean {
    return this.#ended.hasEnded(topic, by);
  }

  subscribe(subscriber: TopicSubscriber): void {
    this.#index.add(subscriber);
  }

  unsubscribe(subscriber: TopicSubscriber): void {
    this.#index.delete(subscriber);
  }

  /** Calls back once the tail is at least here: another node may have been faster. */
  whenReached(offset: Offset, callback: () => void): void {
    if (this.#offset >= offset) callback();
    else this.#waiting.push({ offset, callback });
  }

  onRecords(records: readonly EventRecord[]): void {
    for (const record of records) {
      this.#current = record;
      if (record.offset !== undefined) this.#offset = record.offset;
      if (isControlTopic(record.topic)) this.#deliverControl(record);
      else this.#deliver(record);
      this.#deliveredOffset = this.#offset;
      record.forgetEvent();
    }
    this.#current = undefined;
    this.#callWaiting();
  }

  #deliver(record: EventRecord): void {
    const { topic } = record;
    this.#ended.reopen(topic);
    const subscribers = this.#index.literal(topic);
    if (subscribers !== undefined)
      for (const one of subscribers) this.#deliverTo(one, record);
    for (const group of this.#index.matching(topic)) {
      for (const one of group) this.#deliverTo(one, record);
    }
  }

  #deliverTo(subscriber: TopicSubscriber, record: EventRecord): void {
    try {
      subscriber.deliver(record);
    } catch (error) {
      logError(this.#logger, `A subscriber of ${record.topic} threw`, error);
    }
  }

  #deliverControl(record: EventRecord): void {
    if (record.topic === CONTROL_TOPIC) this.#obey(record);
    const topic = endedTopic(record.topic);
    if (topic === undefined) return;
    this.#ended.end(topic, record.order);
    // A copy: a stream that ends takes itself out of the index.
    for (const subscriber of Array.from(this.#index.literal(topic) ?? [])) {
      try {
        subscriber.deliverEnd(record, topic);
      } catch (error) {
        logError(
          this.#logger,
          `A subscriber of ${topic} threw at its end`,
          error,
        );
      }
    }
  }

  #obey(record: EventRecord): void {
    try {
      this.control?.onControl(record);
    } catch (error) {
      logError(this.#logger, `The command ${record.type} failed`, error);
    }
  }

  #callWaiting(): void {
    for (let index = this.#waiting.length - 1; index >= 0; index--) {
      const { offset, callback } = this.#waiting[index]!;
      if (offset > this.#offset) continue;
      this.#waiting.splice(index, 1);
      callback();
    }
  }
}
