import {
  Controller,
  Inject,
  Injectable,
  Param,
  UseGuards,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import {
  EventBusService,
  SseAuthGuard,
  SseConnections,
  SseEvent,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import {
  expectEvents,
  openTestStream,
  RecordingEventBus,
  SseTestingModule,
} from 'nestjs-event-stream/testing';
import { firstValueFrom } from 'rxjs';
import { atEnd } from '../support/at-end.js';
import { LogCollector } from '../support/auth.js';

@SseEvent('order.shipped')
class OrderShipped {
  @IsString() orderId!: string;
}

@Injectable()
class OrdersService {
  constructor(@Inject(EventBusService) private readonly bus: EventBusService) {}

  async ship(orderId: unknown): Promise<void> {
    const event = Object.assign(new OrderShipped(), { orderId });
    await this.bus.publish(`orders.${String(orderId)}`, event);
  }
}

@Controller('orders')
class OrdersController {
  constructor(@Inject(EventBusService) private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

@Controller('guarded')
@UseGuards(SseAuthGuard)
class GuardedController {}

const shipped = (orderId: string) => ({
  topic: `orders.${orderId}`,
  type: 'order.shipped',
  data: { orderId },
});

describe('a recording bus', () => {
  const open = async () => {
    const bus = await RecordingEventBus.open();
    atEnd('the recording bus', () => bus.close());
    return bus;
  };

  it('has what was published and what was ended', async () => {
    const bus = await open();
    const service = new OrdersService(bus);
    await service.ship('42');
    expect(bus.published).toEqual([shipped('42')]);
    await bus.publish('orders.42', 'soon', { transient: true });
    await bus.end('orders.42');
    expect(bus.publishedOn('orders.42')).toEqual([
      shipped('42'),
      { topic: 'orders.42', type: 'message', data: 'soon', transient: true },
    ]);
    expect(bus.ended).toEqual(['orders.42']);
    bus.clear();
    expect([bus.published, bus.ended]).toEqual([[], []]);
  });

  it('refuses what the bus of the application refuses', async () => {
    const bus = await open();
    await expect(new OrdersService(bus).ship(7)).rejects.toMatchObject({
      code: 'INVALID_EVENT',
    });
    expect(bus.published).toEqual([]);
  });

  it('delivers to a stream that a handler returns', async () => {
    const bus = await open();
    const event = firstValueFrom(new OrdersController(bus).watch('42'));
    await new OrdersService(bus).ship('42');
    expect((await event).data).toEqual({ orderId: '42' });
  });
});

describe('a testing module with SseTestingModule', () => {
  it('makes a controller and serves its streams, with a bus that records', async () => {
    const module = await Test.createTestingModule({
      imports: [SseTestingModule.forRoot()],
      controllers: [OrdersController],
      providers: [OrdersService],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    atEnd('the application', () => app.close());
    await expectEvents(app, '/orders/42/events')
      .when(() => module.get(OrdersService).ship('42'))
      .toEmit({ type: 'order.shipped', data: { orderId: '42' } });
    expect(module.get(RecordingEventBus).published).toEqual([shipped('42')]);
    expect(module.get(EventBusService)).toBe(module.get(RecordingEventBus));

    const stream = await openTestStream(app, '/orders/42/events');
    await app.get(SseConnections).disconnect({ topic: 'orders.42' });
    expect((await stream.next('stream-error')).data).toMatchObject({
      code: 'DISCONNECTED',
    });
  });

  it('closes without an error in the log, also where it stands in for the bus', async () => {
    const bus = await RecordingEventBus.open();
    const log = new LogCollector();
    const module = await Test.createTestingModule({
      imports: [SseModule.forRoot()],
      controllers: [OrdersController],
    })
      .overrideProvider(EventBusService)
      .useValue(bus)
      .setLogger(log)
      .compile();
    const app = module.createNestApplication();
    await app.init();
    await bus.publish('orders.42', 1);
    await app.close();
    expect(log.text).not.toContain('rror');
  });
});

describe('a testing module without SseModule', () => {
  it.each([
    ['StreamOwner', OrdersController],
    ['SseAuthGuard', GuardedController],
  ])(
    'says what %s needs, and what a unit test imports',
    async (name, controller) => {
      const compiling = Test.createTestingModule({
        controllers: [controller],
        providers: [{ provide: EventBusService, useValue: {} }],
      })
        .setLogger(new LogCollector())
        .compile();
      await expect(compiling).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(
          new RegExp(`${name}.*SseModule\\.forRoot\\(\\).*SseTestingModule`),
        ),
      });
    },
  );
});
