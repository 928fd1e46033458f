import type { EventRecord } from '../../event/event-record.js';
import type { TopicPattern } from '../../event/topic.js';
import { endedTopic } from '../control-topic.js';
import type { Retention } from '../retention.js';
import { RecordQueue } from './record-queue.js';

/** What a topic's place in the index takes besides its name, in bytes; measured. */
const TOPIC_BYTES = 240;

/** The records of the topics that share one retention: no other topic can evict them. */
export class RetentionClass {
  /** The newest offset that was evicted. */
  evictedThrough = 0;
  readonly #records = new RecordQueue();
  readonly #byTopic = new Map<string, RecordQueue>();
  #bytes = 0;
  #endCount = 0;

  /** @param pattern the topics of this class; undefined for all that no other class has */
  constructor(
    readonly pattern: TopicPattern | undefined,
    readonly retention: Retention,
    private readonly onEvict: (record: EventRecord) => void,
  ) {}

  get length(): number {
    return this.#records.length;
  }

  /** What is kept takes about so much memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one of its topics has ended, as far as is still known. */
  get hasEnds(): boolean {
    return this.#endCount > 0;
  }

  append(record: EventRecord): void {
    if (endedTopic(record.topic) !== undefined) this.#endCount++;
    this.#records.push(record);
    this.#bytes += record.size;
    const queue = this.#byTopic.get(record.topic);
    if (queue !== undefined) {
      queue.push(record);
      return;
    }
    this.#byTopic.set(record.topic, new RecordQueue(record));
    this.#bytes += bytesOfTopic(record.topic);
  }

  evict(now: number): void {
    const { maxEvents, maxAgeMs, maxBytes } = this.retention;
    const oldest = maxAgeMs === false ? -Infinity : now - maxAgeMs;
    for (
      let first = this.#records.first();
      first !== undefined;
      first = this.#records.first()
    ) {
      if (
        this.length <= maxEvents &&
        this.#bytes <= maxBytes &&
        first.publishedAt >= oldest
      )
        return;
      this.#drop(first);
    }
  }

  mayMatch(patterns: readonly TopicPattern[]): boolean {
    return patterns.some(
      (candidate) => this.pattern?.overlaps(candidate) ?? true,
    );
  }

  topic(topic: string): RecordQueue | undefined {
    return this.#byTopic.get(topic);
  }

  get records(): RecordQueue {
    return this.#records;
  }

  #drop(record: EventRecord): void {
    this.#records.shift();
    if (endedTopic(record.topic) !== undefined) this.#endCount--;
    this.#bytes -= record.size;
    this.evictedThrough = record.order;
    const queue = this.#byTopic.get(record.topic)!;
    queue.shift();
    if (queue.length === 0) {
      this.#byTopic.delete(record.topic);
      this.#bytes -= bytesOfTopic(record.topic);
    }
    this.onEvict(record);
  }
}

function bytesOfTopic(topic: string): number {
  return TOPIC_BYTES + topic.length;
}
