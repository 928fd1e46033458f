import type { EventRecord, Offset } from '../../event/event-record.js';
import { pattern, type TopicSelector } from '../../event/topic.js';
import { endedTopic } from '../control-topic.js';
import type { ReadQuery, ReadResult } from '../event-log.js';
import type { Retention } from '../retention.js';
import { TopicEnds } from '../topic-ends.js';
import type { WindowState } from '../window-state.js';
import { ReadPlan } from './read-plan.js';
import { RecordMerge } from './record-merge.js';
import { RetentionClass } from './retention-class.js';

/** Records that one read looks at, however many topics its patterns pass over. */
const SCAN_LIMIT = 2_048;

/** How much a window keeps: in all, and of the topics of each pattern. */
export interface WindowRetention extends Retention {
  readonly perPattern: Readonly<Record<string, Partial<Retention>>>;
}

/**
 * The recent part of a log that this process keeps, indexed by topic. Everything here is synchronous, and a
 * read costs what it returns, not what else is kept.
 */
export class LogWindow {
  /** The last one is for all topics that no other has. */
  readonly #classes: readonly RetentionClass[];
  /** Selectors live as long as the streams that read with them, or shorter. */
  readonly #plans = new WeakMap<TopicSelector, ReadPlan>();
  readonly #classOf = (topic: string): RetentionClass => {
    const classes = this.#classes;
    if (classes.length === 1) return classes[0]!;
    // The end of a topic is kept as long as the topic's events.
    const named = endedTopic(topic) ?? topic;
    return classes.find(
      (candidate) => candidate.pattern?.matches(named) ?? true,
    )!;
  };

  /**
   * @param onEvict is told of each record that goes
   * @param ends the ends of topics, those included whose records are not kept any more
   * @throws SseException `INVALID_PATTERN`
   */
  constructor(
    retention: WindowRetention,
    onEvict: (record: EventRecord) => void = () => undefined,
    readonly ends = new TopicEnds(),
  ) {
    this.#classes = classesOf(retention, onEvict);
  }

  /** What is kept takes about so much memory, in bytes. */
  get bytes(): number {
    return this.#classes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get state(): WindowState {
    const oldest = this.#classes.flatMap(({ records }) => {
      const first = records.first();
      return first === undefined ? [] : [first.publishedAt];
    });
    return {
      events: this.#classes.reduce((sum, { length }) => sum + length, 0),
      bytes: this.bytes,
      oldestAt: oldest.length === 0 ? undefined : Math.min(...oldest),
    };
  }

  /** The records must come in log order. */
  append(record: EventRecord): void {
    this.ends.note(record);
    const retention = this.#classOf(record.topic);
    retention.append(record);
    retention.evict(Date.now());
  }

  /** Whether a record at this place is kept. */
  has(offset: Offset): boolean {
    return this.#classes.some(
      ({ records }) => records.after(offset - 1).current?.order === offset,
    );
  }

  /** Whether every record of these topics after a place is still kept. */
  isComplete(after: Offset, selector: TopicSelector): boolean {
    return this.#freshPlan(selector).isComplete(after);
  }

  read({ after, until, selector, limit }: ReadQuery): ReadResult {
    const plan = this.#freshPlan(selector);
    if (!plan.isComplete(after))
      return { records: [], through: after, truncated: true };
    const { cursors, isMixed } = plan.cursors(after);
    const matches = isMixed ? plan.matches : undefined;
    const merge = new RecordMerge(cursors);
    const records: EventRecord[] = [];
    let through = after;
    for (let visits = 0; ; visits++) {
      const record = merge.current;
      if (record === undefined || record.order > until) {
        through = until;
        break;
      }
      if (records.length === limit || visits === SCAN_LIMIT) break;
      through = record.order;
      if (matches?.(record.topic) ?? true) records.push(record);
      merge.advance();
    }
    return { records, through, truncated: false };
  }

  #freshPlan(selector: TopicSelector): ReadPlan {
    let plan = this.#plans.get(selector);
    if (plan === undefined) {
      plan = new ReadPlan(selector, this.#classes, this.#classOf);
      this.#plans.set(selector, plan);
    }
    plan.evict(Date.now());
    return plan;
  }
}

function classesOf(
  { perPattern, ...retention }: WindowRetention,
  onEvict: (record: EventRecord) => void,
): RetentionClass[] {
  const named = Object.entries(perPattern).map(
    ([text, own]) =>
      new RetentionClass(
        pattern(text),
        {
          maxEvents: own.maxEvents ?? retention.maxEvents,
          maxAgeMs: own.maxAgeMs ?? retention.maxAgeMs,
          maxBytes: own.maxBytes ?? retention.maxBytes,
        },
        onEvict,
      ),
  );
  return [...named, new RetentionClass(undefined, retention, onEvict)];
}
