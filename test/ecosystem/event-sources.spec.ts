import { Controller, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import {
  EventBus as CqrsEventBus,
  CqrsModule,
  EventsHandler,
  type IEventHandler,
} from '@nestjs/cqrs';
import {
  EventEmitter2,
  EventEmitterModule,
  OnEvent,
} from '@nestjs/event-emitter';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import {
  EventBusService,
  pattern,
  PublishTo,
  SseEvent,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

@SseEvent('order.shipped')
class OrderShipped {
  constructor(readonly orderId: string) {}
}

@SseEvent('clock.ticked')
class ClockTicked {
  constructor(readonly tick: number) {}
}

/** Of @nestjs/event-emitter: those that are chosen go to topics. */
@Injectable()
class EmittedEvents {
  @OnEvent('order.shipped')
  @PublishTo(({ orderId }: OrderShipped) => `orders.${orderId}`, {
    onFailure: 'log',
  })
  async forward(event: OrderShipped) {
    return event;
  }
}

/** Of @nestjs/cqrs. */
@EventsHandler(OrderShipped)
class ShippedHandler implements IEventHandler<OrderShipped> {
  @PublishTo(({ orderId }: OrderShipped) => `orders.${orderId}`)
  async handle(event: OrderShipped) {
    return event;
  }
}

/** Of @nestjs/schedule, whichever decorator stands above. */
@Injectable()
class Clock {
  #ticks = 0;

  @Interval(20)
  @PublishTo('clock.above')
  async above() {
    return new ClockTicked(++this.#ticks);
  }

  @PublishTo('clock.below')
  @Interval(20)
  async below() {
    return new ClockTicked(++this.#ticks);
  }
}

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('orders')
  orders() {
    return this.bus.stream(pattern('orders.*'));
  }

  @SseStream('clock')
  clock() {
    return this.bus.stream(['clock.above', 'clock.below']);
  }
}

@Module({
  imports: [
    ConfigModule.forRoot({
      ignoreEnvFile: true,
      isGlobal: true,
      load: [() => ({ sse: { heartbeatMs: 12_345 } })],
    }),
    SseModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        heartbeat: { intervalMs: config.getOrThrow('sse.heartbeatMs') },
      }),
    }),
    EventEmitterModule.forRoot(),
    CqrsModule.forRoot(),
    ScheduleModule.forRoot(),
  ],
  controllers: [StreamsController],
  providers: [EmittedEvents, ShippedHandler, Clock],
})
class AppModule {}

describe.each(PLATFORMS)('in an application on %s, events', (platform) => {
  let application: TestApplication;
  let orders: SseTestClient;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    orders = await application.open('/orders');
    await orders.untilType('stream-live');
  });

  it('of @nestjs/event-emitter go to topics', async () => {
    application.app
      .get(EventEmitter2)
      .emit('order.shipped', new OrderShipped('1'));
    await orders.until(({ raw }) => raw.includes('{"orderId":"1"}'));
    expect(orders.events.at(-1)?.type).toBe('order.shipped');
  });

  it('of @nestjs/cqrs go to topics', async () => {
    await application.app.get(CqrsEventBus).publish(new OrderShipped('2'));
    await orders.until(({ raw }) => raw.includes('{"orderId":"2"}'));
    expect(orders.events.at(-1)?.type).toBe('order.shipped');
  });

  it('of @nestjs/schedule go to topics', async () => {
    const clock = await application.open('/clock');
    await clock.untilEvents(6);
    expect(new Set(clock.events.map(({ type }) => type))).toEqual(
      new Set(['clock.ticked']),
    );
    const ticks = clock.events.map(
      ({ data }) => (JSON.parse(data!) as ClockTicked).tick,
    );
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('beat as @nestjs/config says', async () => {
    const open = await orders.untilType('stream-open');
    expect(open.data).toBe('{"heartbeatMs":12345}');
  });
});
