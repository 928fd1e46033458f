import { Controller, Module, Param } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  EventBusService,
  SseEvent,
  sseEvents,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';

@SseEvent('order.shipped')
export class OrderShipped {
  @IsString() orderId!: string;
}

const orderEvents = sseEvents({ 'order.shipped': OrderShipped });

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `orders.${string}`]: typeof orderEvents;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events', { events: orderEvents })
  watch(@Param('id') id: string) {
    return this.bus.stream(`orders.${id}`);
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [OrdersController] })
export class AppModule {}
