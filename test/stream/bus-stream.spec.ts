import { Controller, Param } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

const AppModule = appOf([OrdersController]);

describe.each(ALL_PLATFORMS)('a bus stream on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
  });

  afterAll(() => application.close());

  it('R1 opens with stream-open and stream-live, and then delivers what is published', async () => {
    const client = await application.open('/orders/1/events');
    await client.untilType('stream-live');
    const { id } = await bus.publish('orders.1', { state: 'shipped' });
    await bus.publish('orders.2', 'for somebody else');
    const [event] = await client.untilEvents(1);

    expect(client.types).toEqual(['stream-open', 'stream-live', 'message']);
    expect(event).toMatchObject({ id, data: '{"state":"shipped"}' });
  });

  it('R2 replays exactly what a client missed', async () => {
    const first = await application.open('/orders/3/events');
    await first.untilType('stream-live');
    await bus.publish('orders.3', 1);
    const [seen] = await first.untilEvents(1);
    first.close();
    await bus.publish('orders.3', 2);
    await bus.publish('orders.4', 'no');
    await bus.publish('orders.3', 3);

    const second = await application.open('/orders/3/events', {
      lastEventId: seen!.id,
    });
    const live = await second.untilType('stream-live');

    expect(second.events.map(({ data }) => data)).toEqual(['2', '3']);
    expect(live.data).toBe('{"replayed":2}');
    expect(live.id).toBe(second.events.at(-1)!.id);
  });
});
