import { Logger } from '@nestjs/common';
import { logError } from '../../base/log-error.js';
import { isReserved } from '../../event/topic.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import {
  CONTROL_TOPIC,
  endedTopic,
  isControlTopic,
} from '../../log/control-topic.js';
import { formatEventId } from '../../event/event-id.js';
import type { TopicSelector } from '../../event/topic.js';
import type {
  EventLog,
  LogPosition,
  LogTail,
  TailListener,
  TailResetReason,
} from '../../log/event-log.js';
import { TopicEnds } from '../../log/topic-ends.js';
import { BusObservers } from '../bus-observer.js';
import { TopicIndex, type TopicSubscriber } from './topic-index.js';

/** Obeys the commands in the log, in their order among the events. */
export interface ControlListener {
  onControl(record: EventRecord): void;
  /** Records are missing from the log, and commands may have been among them. */
  onReset?(): void;
}

/** A stream that stands somewhere in the log. */
export interface PlacedStream {
  /** Its place is void: it goes on where the tail stands. */
  onReset(reason: TailResetReason): void;
}

/** The one reader per process that follows the log and fans its events out. */
export class Tail implements TailListener {
  readonly #logger = new Logger('EventBus');
  readonly #index = new TopicIndex();
  #ends = new TopicEnds();
  #waiting: {
    readonly offset: Offset;
    readonly callback: () => void;
  }[] = [];
  /** Who waits for a place that a tail which stops will not reach. */
  readonly #untilStopped: (() => void)[] = [];
  #isStopped = false;
  readonly #placed = new Set<PlacedStream>();
  #tail: LogTail | undefined;
  #epoch = '';
  #generation = 0;
  #resetReason: TailResetReason = 'epoch';
  #offset: Offset = 0;
  #deliveredOffset: Offset = 0;
  #current: EventRecord | undefined;
  #cursor: string | undefined;
  #cursorOffset: Offset = 0;

  constructor(
    private readonly log: EventLog,
    private readonly control?: ControlListener,
    private readonly observers = new BusObservers(),
  ) {}

  async start(): Promise<void> {
    this.#tail = await this.log.tail(this);
    const { epoch, offset } = this.#tail.head;
    // The log may have told of more before this function goes on.
    if (this.#generation > 0) return;
    this.#epoch = epoch;
    if (this.#offset > offset) return;
    this.#offset = this.#deliveredOffset = offset;
    this.#ends = new TopicEnds(this.#tail.ends);
  }

  async stop(): Promise<void> {
    await this.#tail?.stop();
    this.#isStopped = true;
    for (const resolve of this.#untilStopped.splice(0)) resolve();
  }

  /** Whether it follows the log. */
  get isRunning(): boolean {
    return this.#tail !== undefined && !this.#isStopped;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** How often the log was reset: a place is one of the generation in which it was noted. */
  get generation(): number {
    return this.#generation;
  }

  /** Why the latest generation began. */
  get resetReason(): TailResetReason {
    return this.#resetReason;
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

  /**
   * Whether all topics of a stream have ended at this place of the log: the same for every client that stands there,
   * whenever it connected. Patterns never end.
   */
  isOver({ topics, patterns }: TopicSelector, at: Offset): boolean {
    return (
      patterns.length === 0 &&
      topics.every((topic) => this.#ends.hasEnded(topic, at))
    );
  }

  subscribe(subscriber: TopicSubscriber): void {
    this.#index.add(subscriber);
  }

  unsubscribe(subscriber: TopicSubscriber): void {
    this.#index.delete(subscriber);
  }

  /** Tells this stream of resets. */
  place(stream: PlacedStream): void {
    this.#placed.add(stream);
  }

  displace(stream: PlacedStream): void {
    this.#placed.delete(stream);
  }

  /**
   * Calls back once the tail is at least here (another node may have been faster), or the log is reset, so that
   * it never will be.
   */
  whenReached(offset: Offset, callback: () => void): void {
    if (this.#offset >= offset) callback();
    else this.#waiting.push({ offset, callback });
  }

  /** Resolves once the tail is at least here, or never will be. */
  async reached(offset: Offset): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      this.#untilStopped.push(resolve);
      this.whenReached(offset, () => {
        const index = this.#untilStopped.indexOf(resolve);
        if (index >= 0) this.#untilStopped.splice(index, 1);
        resolve();
      });
    });
  }

  onRecords(records: readonly EventRecord[]): void {
    for (const record of records) {
      this.#current = record;
      if (record.offset !== undefined) this.#offset = record.offset;
      this.#ends.note(record);
      if (isControlTopic(record.topic)) this.#deliverControl(record);
      else this.#deliver(record);
      this.#deliveredOffset = this.#offset;
      record.forgetEvent();
    }
    this.#current = undefined;
    this.#callWaiting();
    for (const one of this.observers.tail) one.onRecords?.(records);
  }

  onReset({ epoch, offset }: LogPosition, reason: TailResetReason): void {
    this.#generation++;
    this.#resetReason = reason;
    this.#epoch = epoch;
    this.#offset = this.#deliveredOffset = offset;
    this.#cursor = undefined;
    this.#ends = new TopicEnds();
    // A copy: a stream that fails at it takes itself out.
    for (const stream of Array.from(this.#placed)) {
      try {
        stream.onReset(reason);
      } catch (error) {
        logError(
          this.#logger,
          'A stream failed at the reset of its log',
          error,
        );
      }
    }
    this.control?.onReset?.();
    for (const one of this.observers.tail) one.onReset?.(reason);
    for (const { callback } of this.#waiting.splice(0)) callback();
  }

  #deliver(record: EventRecord): void {
    const { topic } = record;
    const subscribers = this.#index.literal(topic);
    if (subscribers !== undefined)
      for (const one of subscribers) this.#deliverTo(one, record);
    // No pattern reaches a topic of the library's own.
    if (isReserved(topic)) return;
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
    // A copy: a stream that ends takes itself out of the index.
    for (const subscriber of Array.from(this.#index.literal(topic) ?? [])) {
      try {
        subscriber.deliverEnd(record);
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
    if (this.#waiting.length === 0) return;
    const reached = this.#waiting.filter(
      ({ offset }) => offset <= this.#offset,
    );
    if (reached.length === 0) return;
    this.#waiting = this.#waiting.filter(({ offset }) => offset > this.#offset);
    for (const { callback } of reached) callback();
  }
}
