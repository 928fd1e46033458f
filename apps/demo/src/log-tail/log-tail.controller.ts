import { Controller, Get } from '@nestjs/common';
import { EventBusService, pattern, SseStream } from 'nestjs-event-stream';
import { logEvents } from './log-line.event.js';
import { LogPublisher } from './log-publisher.service.js';

@Controller('api/log')
export class LogTailController {
  constructor(
    private readonly bus: EventBusService,
    private readonly publisher: LogPublisher,
  ) {}

  @SseStream('stream', { events: logEvents })
  tail() {
    return this.bus.stream(pattern('demo.log.*'), {
      snapshot: () => this.publisher.snapshot(),
    });
  }

  /** Does nothing but be logged. */
  @Get('ping')
  ping() {
    return { at: new Date().toISOString() };
  }
}
