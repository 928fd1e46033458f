import { SseException } from '../../base/exception.js';
import type {
  ObservedPublish,
  PublishObserver,
  TailObserver,
} from '../../bus/bus-observer.js';
import type { Publication } from '../../bus/publish/publication.js';
import type { SseConnection } from '../../bus/binding/sse-connection.js';
import type { CloseReason } from '../../connection/close-reason.js';
import type { ConnectionObserver } from '../../connection/connection-observer.js';
import type { FlushScheduler } from '../../connection/output/flush-scheduler.js';
import type { ResetReason } from '../../event/reset-reason.js';
import type { EventRecord } from '../../event/event-record.js';
import { isControlTopic } from '../../log/control-topic.js';
import type { TailResetReason } from '../../log/event-log.js';
import type { MetricSet } from './metric-set.js';

/** Counts what happens to streams. */
export class ConnectionMetrics implements ConnectionObserver {
  constructor(private readonly set: MetricSet) {}

  onOpen({ route }: SseConnection): void {
    this.set.opened.inc({ route });
  }

  onClose({ route }: SseConnection, reason: CloseReason): void {
    this.set.closed.inc({ route, reason });
  }

  onReset(_connection: SseConnection, reason: ResetReason): void {
    this.set.resets.inc({ reason });
  }
}

/** Counts what is published and read, and measures how long it takes to the sockets. */
export class BusMetrics implements TailObserver, PublishObserver {
  /** When events were published that are about to be written. */
  #publishedAt: number[] = [];

  constructor(
    private readonly set: MetricSet,
    private readonly scheduler: FlushScheduler,
  ) {}

  onPublish({ length }: readonly Publication[]): ObservedPublish {
    const count = (outcome: string): void =>
      this.set.published.inc({ outcome }, length);
    return {
      onDone: () => count('accepted'),
      onFailed: (error) => count(outcomeOf(error)),
    };
  }

  onRecords(records: readonly EventRecord[]): void {
    const isFirst = this.#publishedAt.length === 0;
    for (const { topic, publishedAt } of records)
      if (!isControlTopic(topic)) this.#publishedAt.push(publishedAt);
    if (isFirst && this.#publishedAt.length > 0) this.scheduler.schedule(this);
  }

  onReset(reason: TailResetReason): void {
    this.set.logResets.inc({ reason });
  }

  /** Among the connections that are flushed: all of them are done when its microtask runs. */
  flush(): void {
    queueMicrotask(() => this.#observe());
  }

  #observe(): void {
    const now = Date.now();
    const all = this.#publishedAt;
    this.#publishedAt = [];
    this.set.read.inc(all.length);
    // Clocks of other nodes may be ahead.
    for (const publishedAt of all)
      this.set.lag.observe(Math.max(0, now - publishedAt) / 1_000);
  }
}

function outcomeOf(error: unknown): string {
  if (!(error instanceof SseException)) return 'rejected';
  switch (error.code) {
    case 'PUBLISH_UNKNOWN':
      return 'unknown';
    case 'PUBLISH_REJECTED':
    case 'LOG_UNAVAILABLE':
    case 'LOG_UNSUITABLE':
      return 'rejected';
    default:
      return 'invalid';
  }
}
