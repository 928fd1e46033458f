import { Controller, Param } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { SseMetrics, SseMetricsModule } from 'nestjs-event-stream/metrics';
import { openTestStream } from 'nestjs-event-stream/testing';
import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

const ROUTE = 'OrdersController.watch';

function moduleWith(registry: Registry, log = memoryEventLog()) {
  class AppModule {}
  return {
    module: AppModule,
    imports: [
      SseModule.forRoot({ log }),
      SseMetricsModule.forRoot({ registry }),
    ],
    controllers: [OrdersController],
  };
}

/** The values of a registry, by name and labels. */
async function valuesOf(registry: Registry): Promise<Map<string, number>> {
  const text = await registry.metrics();
  const lines = text.split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe.each(PLATFORMS)('metrics on %s', (platform) => {
  it('count streams by route and by what ended them, and what they were sent', async () => {
    const registry = new Registry();
    const { app } = await startApplication(platform, moduleWith(registry));
    const bus = app.get(EventBusService);
    const stream = await openTestStream(app, '/orders/1/events');
    const other = await openTestStream(app, '/orders/1/events', {
      lastEventId: 'garbage',
    });
    await other.next('stream-reset');
    await bus.publish('orders.1', 'x');
    await bus.publishMany([
      { topic: 'orders.1', event: 'y' },
      { topic: 'orders.2', event: 'z' },
    ]);
    await expect(bus.publish('not a topic', 1)).rejects.toThrow(/topic/);
    await stream.take(2);

    const values = await valuesOf(registry);
    expect(values.get(`sse_connections{route="${ROUTE}"}`)).toBe(2);
    expect(values.get(`sse_connections_opened_total{route="${ROUTE}"}`)).toBe(
      2,
    );
    expect(values.get('sse_stream_resets_total{reason="malformed"}')).toBe(1);
    expect(values.get('sse_events_published_total{outcome="accepted"}')).toBe(
      3,
    );
    expect(values.get('sse_events_published_total{outcome="invalid"}')).toBe(1);
    expect(values.get('sse_events_read_total')).toBe(3);
    expect(values.get('sse_publish_to_write_seconds_count')).toBe(3);
    expect(values.get('sse_blocks_sent_total')).toBeGreaterThanOrEqual(6);
    expect(values.get('sse_bytes_sent_total')).toBeGreaterThanOrEqual(
      stream.text.length,
    );
    expect(values.get('sse_window_events')).toBe(3);
    expect(values.get('sse_window_bytes')).toBeGreaterThan(300);
    expect(values.get('sse_log_up')).toBe(1);
    expect(values.get('sse_tail_running')).toBe(1);
    expect(values.get('sse_draining')).toBe(0);

    await stream.drop();
    await app.get(SseConnections).disconnect({ topic: 'orders.1' });
    const closed = (reason: string) =>
      `sse_connections_closed_total{route="${ROUTE}",reason="${reason}"}`;
    await until(async () => (await valuesOf(registry)).has(closed('client')));
    const after = await valuesOf(registry);
    expect(after.get(closed('client'))).toBe(1);
    expect(after.get(closed('disconnect'))).toBe(1);
    expect(after.get(`sse_connections{route="${ROUTE}"}`)).toBe(0);
  });

  it('show a client that reads too slowly, and one that catches up', async () => {
    const registry = new Registry();
    const { app } = await startApplication(platform, moduleWith(registry));
    const bus = app.get(EventBusService);
    const stream = await openTestStream(app, '/orders/1/events');
    stream.stall();
    const untilOne = (name: string) =>
      until(async () => (await valuesOf(registry)).get(name) === 1, name);
    for (let count = 0; count < 99; count++)
      await bus.publish('orders.1', 'x'.repeat(1_000));
    await untilOne('sse_connections_congested');
    // A stream falls behind with the first event that it cannot take.
    await bus.publish('orders.1', 'one more');
    await untilOne('sse_connections_behind');
    const values = await valuesOf(registry);
    expect(values.get('sse_connections_congested')).toBe(1);
    expect(values.get('sse_waiting_bytes')).toBeGreaterThan(10_000);
    stream.goOn();
    await stream.take(100);
    await until(
      async () =>
        (await valuesOf(registry)).get('sse_connections_behind') === 0,
    );
    expect((await valuesOf(registry)).get('sse_waiting_bytes')).toBe(0);
  });
});

describe('metrics', () => {
  it('leave the registry when the application closes, and nobody watches any more', async () => {
    const registry = new Registry();
    for (const _round of [1, 2]) {
      const { app, close } = await startApplication(
        'express',
        moduleWith(registry),
      );
      expect(registry.getMetricsAsArray()).toHaveLength(
        app.get(SseMetrics).names.length,
      );
      await close();
      expect(registry.getMetricsAsArray()).toEqual([]);
    }
  });

  it('refuse options that prom-client could not use, and an application without SseModule', async () => {
    const start = (imports: object[]) => {
      class AppModule {}
      return startApplication('express', { module: AppModule, imports });
    };
    const badly = SseMetricsModule.forRoot({ prefix: 'sse-' });
    await expect(start([SseModule.forRoot(), badly])).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
    await expect(start([SseMetricsModule.forRoot()])).rejects.toThrow(
      /SseMetricsModule needs SseModule/,
    );
  });

  it('have labels with a bounded set of values only', async () => {
    const registry = new Registry();
    const { app } = await startApplication('express', moduleWith(registry));
    const bus = app.get(EventBusService);
    for (const id of ['1', '2']) {
      const stream = await openTestStream(app, `/orders/${id}/events`);
      await bus.publish(`orders.${id}`, id);
      await stream.take(1);
      await stream.drop();
    }
    const labels = new Set<string>();
    for (const series of (await valuesOf(registry)).keys())
      for (const [, label] of series.matchAll(/(\w+)="/g)) labels.add(label!);
    expect([...labels].toSorted()).toEqual([
      'le',
      'outcome',
      'reason',
      'route',
    ]);
  });

  it('are those that the dashboard for Grafana shows, all of them', async () => {
    const { app } = await startApplication(
      'express',
      moduleWith(new Registry()),
    );
    const file = new URL(
      '../../docs/grafana/nestjs-event-stream.json',
      import.meta.url,
    );
    const dashboard = await readFile(file, 'utf8');
    const { panels } = JSON.parse(dashboard) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const shown = panels
      .flatMap(({ targets = [] }) => targets)
      .flatMap(({ expr }) => expr.match(/\bsse_\w+/g) ?? [])
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect([...new Set(shown)].toSorted()).toEqual(
      app.get(SseMetrics).names.toSorted(),
    );
  });
});
