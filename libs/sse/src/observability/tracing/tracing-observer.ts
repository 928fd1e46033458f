import type { Span, SpanContext, Tracer } from '@opentelemetry/api';
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
import type { EventRecord } from '../../event/event-record.js';
import { ATTRIBUTE, SPAN, SYSTEM } from './span-names.js';
import { publisherOf, traceParentOf } from './trace-parent.js';

/** The package that keeps traces, an optional peer dependency. */
export type TracingApi = typeof import('@opentelemetry/api');

/** A span for each call of a publisher, and on each node one for each event's way to the sockets, linked to it. */
export class BusTracing implements TailObserver, PublishObserver {
  #delivering: Span[] = [];

  constructor(
    private readonly api: TracingApi,
    private readonly tracer: Tracer,
    private readonly scheduler: FlushScheduler,
  ) {}

  onPublish(publications: readonly Publication[]): ObservedPublish {
    const { api } = this;
    const topics = new Set(publications.map(({ topic }) => topic));
    const [topic] = topics;
    const span = this.tracer.startSpan(SPAN.publish, {
      kind: api.SpanKind.PRODUCER,
      attributes: {
        [ATTRIBUTE.system]: SYSTEM,
        [ATTRIBUTE.operation]: 'publish',
        [ATTRIBUTE.operationType]: 'send',
        ...(topics.size === 1 && { [ATTRIBUTE.destination]: topic }),
        ...(publications.length !== 1 && {
          [ATTRIBUTE.batchSize]: publications.length,
        }),
      },
    });
    const context = span.spanContext();
    const isSampled = (context.traceFlags & api.TraceFlags.SAMPLED) !== 0;
    return {
      trace: isSampled ? traceParentOf(context) : undefined,
      onDone: () => span.end(),
      onFailed: (error) => {
        // The code alone: messages of errors may name what was published.
        const code = error instanceof SseException ? error.code : 'Error';
        span.setAttribute(ATTRIBUTE.errorType, code);
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: code });
        span.end();
      },
    };
  }

  onRecords(records: readonly EventRecord[]): void {
    const isFirst = this.#delivering.length === 0;
    for (const record of records) {
      if (record.trace === undefined) continue;
      const publisher = publisherOf(record.trace);
      if (publisher !== undefined)
        this.#delivering.push(this.#deliver(record, publisher));
    }
    if (isFirst && this.#delivering.length > 0) this.scheduler.schedule(this);
  }

  /** Among the connections that are flushed: all of them are done when its microtask runs. */
  flush(): void {
    queueMicrotask(() => {
      for (const span of this.#delivering.splice(0)) span.end();
    });
  }

  #deliver(record: EventRecord, publisher: SpanContext): Span {
    const { topic, id, publishedAt } = record;
    return this.tracer.startSpan(
      SPAN.deliver,
      {
        kind: this.api.SpanKind.CONSUMER,
        root: true,
        links: [{ context: publisher }],
        attributes: {
          [ATTRIBUTE.system]: SYSTEM,
          [ATTRIBUTE.operation]: 'deliver',
          [ATTRIBUTE.operationType]: 'process',
          [ATTRIBUTE.destination]: topic,
          ...(id !== undefined && { [ATTRIBUTE.messageId]: id }),
          [ATTRIBUTE.lagMs]: Math.max(0, Date.now() - publishedAt),
        },
      },
      this.api.ROOT_CONTEXT,
    );
  }
}

/** One short span where a stream opens, within its request's, and one where it closes, linked to that. */
export class ConnectionTracing implements ConnectionObserver {
  readonly #opened = new WeakMap<SseConnection, SpanContext>();

  constructor(
    private readonly api: TracingApi,
    private readonly tracer: Tracer,
  ) {}

  onOpen(connection: SseConnection): void {
    const span = this.tracer.startSpan(SPAN.open, {
      attributes: this.#attributesOf(connection),
    });
    this.#opened.set(connection, span.spanContext());
    span.end();
  }

  onClose(connection: SseConnection, reason: CloseReason): void {
    const opened = this.#opened.get(connection);
    const span = this.tracer.startSpan(
      SPAN.close,
      {
        root: true,
        links: opened === undefined ? [] : [{ context: opened }],
        attributes: {
          ...this.#attributesOf(connection),
          [ATTRIBUTE.closeReason]: reason,
          [ATTRIBUTE.durationMs]: Date.now() - connection.openedAt,
          [ATTRIBUTE.blocksSent]: connection.blocksSent,
        },
      },
      this.api.ROOT_CONTEXT,
    );
    span.end();
  }

  #attributesOf({ route, id }: SseConnection): Record<string, string> {
    return { [ATTRIBUTE.route]: route, [ATTRIBUTE.connectionId]: id };
  }
}
