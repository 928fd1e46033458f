import { Controller, Module, Param } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  EventBusService,
  SseEvent,
  SseModule,
  SseStream,
  type SseMessage,
} from 'nestjs-event-stream';
import type { Observable } from 'rxjs';

@SseEvent('order.shipped')
export class OrderShipped {
  @IsString() orderId!: string;
}

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `orders.${string}`]: OrderShipped;
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream(':id/events')
  watch(@Param('id') id: string): Observable<SseMessage> {
    return this.bus.stream(`orders.${id}`);
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [OrdersController] })
export class AppModule {}
