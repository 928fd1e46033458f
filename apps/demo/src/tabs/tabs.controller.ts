import { Controller } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';

@Controller('api/tabs')
export class TabsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('stream')
  watch() {
    return this.bus.stream('demo.tabs');
  }
}
