import type { TopicSelector } from '../../event/topic.js';
import type { Offset } from '../../event/event-record.js';
import { endTopicOf, matcherOf, SelectorWithEnds } from '../control-topic.js';
import type { RecordCursor } from './record-queue.js';
import type { RetentionClass } from './retention-class.js';

/** One record that is looked at costs about as much as finding the place in this share of a topic's queue. */
const SCANNED_PER_TOPIC = 4;

/** What a selector reads of one class. */
interface PlannedClass {
  readonly source: RetentionClass;
  readonly topics: string[];
  readonly hasPatterns: boolean;
}

/**
 * Where the records of a selector are, worked out once for all the reads that one replay makes: which
 * classes its topics are in, and how to tell its records from others.
 */
export class ReadPlan {
  readonly #parts: readonly PlannedClass[];
  readonly #withEnds: boolean;
  #matcher: ((topic: string) => boolean) | undefined;

  constructor(
    private readonly selector: TopicSelector,
    classes: readonly RetentionClass[],
    classOf: (topic: string) => RetentionClass,
  ) {
    const parts = new Map<RetentionClass, PlannedClass>();
    for (const source of classes) {
      if (source.mayMatch(selector.patterns))
        parts.set(source, { source, topics: [], hasPatterns: true });
    }
    // The end of a topic is kept in the class of the topic.
    const named =
      selector instanceof SelectorWithEnds ? selector.own : selector;
    this.#withEnds = named !== selector;
    for (const topic of named.topics) {
      const source = classOf(topic);
      let part = parts.get(source);
      if (part === undefined)
        parts.set(source, (part = { source, topics: [], hasPatterns: false }));
      part.topics.push(topic);
    }
    this.#parts = [...parts.values()];
  }

  /** Whether every record after a place is still there. */
  isComplete(after: Offset): boolean {
    return this.#parts.every(({ source }) => source.evictedThrough <= after);
  }

  /** Drops what is too old by now. */
  evict(now: number): void {
    for (const { source } of this.#parts) source.evict(now);
  }

  /** Whether a record that {@link cursors} leads to is one of the selector's. */
  get matches(): (topic: string) => boolean {
    return (this.#matcher ??= matcherOf(this.selector));
  }

  /**
   * Places to read from: those of the topics themselves, or of all records of a class where it has patterns to
   * look for, or fewer records after this place than topics to find.
   */
  cursors(after: Offset): {
    readonly cursors: readonly RecordCursor[];
    /** Whether they lead to records of other topics as well. */
    readonly isMixed: boolean;
  } {
    const cursors: RecordCursor[] = [];
    let isMixed = false;
    for (const { source, topics, hasPatterns } of this.#parts) {
      const { records } = source;
      if (
        hasPatterns ||
        records.countAfter(after) < topics.length * SCANNED_PER_TOPIC
      ) {
        isMixed = true;
        cursors.push(records.after(after));
        continue;
      }
      for (const topic of topics) {
        const queue = source.topic(topic);
        if (queue !== undefined) cursors.push(queue.after(after));
        if (!this.#withEnds || !source.hasEnds) continue;
        const ends = source.topic(endTopicOf(topic));
        if (ends !== undefined) cursors.push(ends.after(after));
      }
    }
    return { cursors, isMixed };
  }
}
