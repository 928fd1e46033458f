import type { TailObserver } from '../bus/bus-observer.js';
import type { EventRecord } from '../event/event-record.js';
import { isControlTopic } from '../log/control-topic.js';

/** Characters of an event's data that are shown. */
const MAX_DATA = 300;

/** Topics that are counted; the ones that were quiet for longest are forgotten. */
const MAX_TOPICS = 1_000;

/** The time over which a rate is smoothed, in seconds. */
const SMOOTHING_S = 10;

/** One event, as the page shows it. */
export interface RecentEvent {
  readonly topic: string;
  readonly type: string;
  readonly id: string | undefined;
  readonly publishedAt: number;
  readonly bytes: number;
  /** The beginning of the data, unless it is not to be shown. */
  readonly data: string | undefined;
}

/** How much is published on a topic. */
export interface TopicActivity {
  readonly events: number;
  readonly perSecond: number;
  readonly lastAt: number;
}

interface Count {
  events: number;
  rate: number;
  lastAt: number;
}

/** Remembers the last events, and counts those of each topic. */
export class RecentEvents implements TailObserver {
  #records: EventRecord[] = [];
  readonly #counts = new Map<string, Count>();

  /** @param size how many events are remembered */
  constructor(private readonly size: number) {}

  onRecords(records: readonly EventRecord[]): void {
    const now = Date.now();
    for (const record of records) {
      if (isControlTopic(record.topic)) continue;
      this.#records.push(record);
      this.#count(record.topic, now);
    }
    // Not for each: a shift of the whole list.
    if (this.#records.length > 2 * this.size) this.#trim();
  }

  /** The last events, the newest first. */
  latest(showsData: boolean): RecentEvent[] {
    this.#trim();
    return this.#records.toReversed().map((record) => {
      const { topic, type, id, publishedAt, json } = record;
      const data = showsData ? beginning(json) : undefined;
      return { topic, type, id, publishedAt, bytes: json.length, data };
    });
  }

  /** The topics that events were published on, the latest first. */
  topics(now: number): Map<string, TopicActivity> {
    return new Map(
      [...this.#counts].toReversed().map(([topic, count]) => {
        const { events, lastAt } = count;
        return [topic, { events, lastAt, perSecond: rateAt(count, now) }];
      }),
    );
  }

  #trim(): void {
    this.#records = this.#records.slice(-this.size);
  }

  #count(topic: string, now: number): void {
    const before = this.#counts.get(topic);
    const rate = before === undefined ? 0 : rateAt(before, now);
    // The latest stands last.
    this.#counts.delete(topic);
    this.#counts.set(topic, {
      events: (before?.events ?? 0) + 1,
      rate: rate + 1 / SMOOTHING_S,
      lastAt: now,
    });
    if (this.#counts.size <= MAX_TOPICS) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      break;
    }
  }
}

function rateAt({ rate, lastAt }: Count, now: number): number {
  return rate * Math.exp(-(now - lastAt) / 1_000 / SMOOTHING_S);
}

function beginning(json: string): string {
  return json.length <= MAX_DATA ? json : `${json.slice(0, MAX_DATA)}…`;
}
