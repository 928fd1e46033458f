import { Controller, Inject, Param } from '@nestjs/common';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import {
  EventBusService,
  memoryEventLog,
  SseModule,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { openTestStream } from 'nestjs-event-stream/testing';
import { SseTracingModule } from 'nestjs-event-stream/tracing';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(EventBusService) private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

/** Where one node's spans go. */
class Spans {
  readonly #exporter = new InMemorySpanExporter();
  readonly provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(this.#exporter)],
  });

  named(name: string): ReadableSpan[] {
    return this.#exporter.getFinishedSpans().filter((one) => one.name === name);
  }

  async one(name: string): Promise<ReadableSpan> {
    await until(() => this.named(name).length > 0, `a span ${name}`);
    const [only, ...others] = this.named(name);
    if (only === undefined || others.length > 0)
      throw new Error(`There are ${others.length + 1} spans ${name}.`);
    return only;
  }
}

const start = async (
  platform: (typeof PLATFORMS)[number],
  log: EventLog = memoryEventLog(),
) => {
  const spans = new Spans();
  class AppModule {}
  const started = await startApplication(platform, {
    module: AppModule,
    imports: [
      SseModule.forRoot({ log }),
      SseTracingModule.forRoot({ tracerProvider: spans.provider }),
    ],
    controllers: [OrdersController],
  });
  return { ...started, spans };
};

/** What a span is linked to. */
const linksOf = ({ links }: ReadableSpan) =>
  links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));

const idsOf = (span: ReadableSpan) => {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
};

describe.each(PLATFORMS)('traces on %s', (platform) => {
  beforeAll(() => {
    context.setGlobalContextManager(
      new AsyncLocalStorageContextManager().enable(),
    );
  });

  afterAll(() => context.disable());

  it('link the delivery on every node to the publisher, whose span is the parent of its publish', async () => {
    const log = memoryEventLog();
    const [a, b] = [await start(platform, log), await start(platform, log)];
    const streams = [
      await openTestStream(a.app, '/orders/1/events'),
      await openTestStream(b.app, '/orders/1/events'),
      await openTestStream(b.app, '/orders/1/events'),
    ];
    const request = a.spans.provider.getTracer('test').startSpan('request');
    const { id } = await context.with(
      trace.setSpan(ROOT_CONTEXT, request),
      () => a.app.get(EventBusService).publish('orders.1', 'shipped'),
    );
    for (const stream of streams) await stream.take(1);

    const published = await a.spans.one('sse publish');
    expect(published.parentSpanContext?.spanId).toBe(
      request.spanContext().spanId,
    );
    expect(published.attributes).toMatchObject({
      'messaging.destination.name': 'orders.1',
    });
    // One a node, and not one a client.
    for (const { spans } of [a, b]) {
      const delivered = await spans.one('sse deliver');
      expect(linksOf(delivered)).toEqual([idsOf(published)]);
      expect(delivered.parentSpanContext).toBeUndefined();
      expect(delivered.attributes).toMatchObject({
        'messaging.destination.name': 'orders.1',
        'messaging.message.id': id,
      });
    }
    for (const stream of streams) await stream.drop();
  });

  it('have a moment for the opening and one for the close of a stream, and nothing in between', async () => {
    const { app, spans } = await start(platform);
    const stream = await openTestStream(app, '/orders/1/events');
    const opened = await spans.one('sse open');
    expect(opened.ended).toBe(true);
    await stream.drop();
    const closed = await spans.one('sse close');
    expect(linksOf(closed)).toEqual([idsOf(opened)]);
    expect(closed.attributes).toMatchObject({
      'sse.route': 'OrdersController.watch',
      'sse.close.reason': 'client',
    });
  });

  it('say by its code alone why a publish failed', async () => {
    const { app, spans } = await start(platform);
    const bus = app.get(EventBusService);
    await expect(bus.publish('secret topic', 1)).rejects.toThrow(/topic/);
    const { status, attributes, events } = await spans.one('sse publish');
    expect(attributes['error.type']).toBe('INVALID_TOPIC');
    expect([status.message, events]).toEqual(['INVALID_TOPIC', []]);
  });
});
