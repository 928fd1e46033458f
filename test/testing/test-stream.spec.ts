import { Controller, Get, Module, Param } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseEvent,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import {
  expectEvents,
  openTestStream,
  type TestStream,
} from 'nestjs-event-stream/testing';
import { EMPTY, interval, map, of } from 'rxjs';
import { atEnd } from '../support/at-end.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import type { INestApplication } from '@nestjs/common';

@SseEvent('order.shipped')
class OrderShipped {
  orderId!: string;
}

interface OrderEvents {
  'order.shipped': { orderId: string };
}

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }

  @SseStream('flood', {
    slowConsumer: { policy: 'disconnect', maxBufferedBytes: 100_000 },
  })
  flood() {
    const data = 'x'.repeat(50_000);
    return interval(1).pipe(map(() => ({ type: 'flood', data })));
  }

  @SseStream('nothing')
  nothing() {
    return EMPTY;
  }

  @SseStream('three')
  three() {
    return of({ type: 'a', data: 1 }, { type: 'b', data: 'text' }, 'three');
  }

  @Get('plain')
  plain() {
    return { plain: true };
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [OrdersController] })
class AppModule {}

/** What a call fails with. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
}

describe.each(PLATFORMS)('a test stream on %s', (platform) => {
  let app: INestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    ({ app } = await startApplication(platform, AppModule));
    bus = app.get(EventBusService);
  });

  const open = async (
    path: string,
    options?: Parameters<typeof openTestStream>[2],
  ): Promise<TestStream<OrderEvents>> => {
    const stream = await openTestStream<OrderEvents>(app, path, options);
    atEnd(`the stream of ${path}`, () => stream.close());
    return stream;
  };

  const ship = (orderId: string) =>
    bus.publish(
      `orders.${orderId}`,
      Object.assign(new OrderShipped(), { orderId }),
    );

  it('gets what is published once it is open, typed by name and by class', async () => {
    const stream = await open('/orders/1/events');
    const { id } = await ship('1');
    await ship('1');

    const first = await stream.next('order.shipped');
    expect(first.data.orderId).toBe('1');
    expect(first.id).toBe(id);
    const second = await stream.next(OrderShipped);
    expect(second.data.orderId).toBe('1');
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toContain('text/event-stream');
  });

  it('takes events in order, and finds control events beside them', async () => {
    const stream = await open('/orders/three');
    const events = await stream.take(3);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['a', 1],
      ['b', 'text'],
      ['message', 'three'],
    ]);
    expect((await stream.next('stream-open')).data).toHaveProperty(
      'heartbeatMs',
    );
    expect(await stream.ended()).toBe('complete');
  });

  it('says what was missing and what came, and does not hang', async () => {
    const stream = await open('/orders/2/events', { timeoutMs: 300 });
    await ship('2');
    await stream.next('order.shipped');

    const few = await failureOf(stream.take(2));
    expect(few).toContain('/orders/2/events did not give 2 events; 0 of them');
    expect(few).toContain('within 300 ms');
    expect(few).toContain('event: stream-live');
    expect(few).toContain('data: {"orderId":"2"}');
    expect(await failureOf(stream.next('order.lost'))).toContain(
      'an event order.lost',
    );
    expect(
      await failureOf(stream.until(({ id }) => id === 'x', 'the id x')),
    ).toContain('meets the id x');
    expect(await failureOf(stream.ended())).toContain(
      'the end of the response',
    );
  });

  it('says so at once if the stream is over, or is none', async () => {
    const over = await open('/orders/nothing', { timeoutMs: 60_000 });
    expect(await failureOf(over.take(1))).toContain('The server has ended');

    const none = await open('/orders/plain', { timeoutMs: 60_000 });
    expect(none.status).toBe(200);
    const message = await failureOf(none.take(1));
    expect(message).toContain('It is no stream. The answer: 200');
    expect(message).toContain('{"plain":true}');
  });

  it('drops off, and comes back with the last id', async () => {
    const stream = await open('/orders/3/events');
    await ship('3');
    await stream.next('order.shipped');
    await stream.drop();
    expect(await app.get(SseConnections).count({ topic: 'orders.3' })).toBe(0);

    await bus.publish('orders.3', 'missed');
    const again = await stream.resume();
    atEnd('the stream that came back', () => again.close());
    expect((await again.take(1))[0]!.data).toBe('missed');
    expect((await again.next('stream-live')).data).toEqual({ replayed: 1 });
  });

  it('S1 shows what becomes of a reader that stalls, and of one that goes on', async () => {
    const slow = await open('/orders/4/events');
    slow.stall();
    for (let index = 0; index < 100; index++)
      await bus.publish('orders.4', 'x'.repeat(1_000));
    expect(slow.events).toHaveLength(0);
    slow.goOn();
    expect(await slow.take(100)).toHaveLength(100);

    const flooded = await open('/orders/flood');
    flooded.stall();
    expect(await flooded.ended()).toBe('cut');
  });

  it('compares the first events with what is expected of them', async () => {
    const event = Object.assign(new OrderShipped(), { orderId: '5' });
    await expectEvents(app, '/orders/5/events')
      .when(() => bus.publish('orders.5', event))
      .toEmit(event);
    const expectation = expectEvents(app, '/orders/5/events').when(() =>
      bus.publishMany([
        { topic: 'orders.5', event },
        { topic: 'orders.5', event: { type: 'note', data: [1] } },
      ]),
    );
    await expectation.toEmit('order.shipped', { data: [1] });
    const message = await failureOf(
      expectation.toEmit('order.shipped', { type: 'note', data: [2] }),
    );
    expect(message).toContain('sent other events than expected');
    const few = await failureOf(
      expectEvents(app, '/orders/5/events', { timeoutMs: 200 }).toEmit('none'),
    );
    expect(few).toContain('1 events; 0 of them came');
  });
});
