/** Where the sample is, within the sources of the application, without its ending. */
export const SAMPLE_FILE = 'headlines/headlines.controller';

/** What `nest add` offers to begin with. */
export const SAMPLE = `import { Body, Controller, Post, ValidationPipe } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  EventBusService,
  SseEvent,
  sseEvents,
  SseStream,
} from 'nestjs-event-stream';

@SseEvent('headline.posted')
export class HeadlinePosted {
  @IsString()
  title!: string;
}

const headlineEvents = sseEvents({ 'headline.posted': HeadlinePosted });

// The compiler checks what is published on these topics, and what their streams give.
declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    headlines: typeof headlineEvents;
  }
}

/**
 * curl -N http://localhost:3000/headlines/events
 * curl http://localhost:3000/headlines -H 'content-type: application/json' -d '{"title":"Hello"}'
 */
@Controller('headlines')
export class HeadlinesController {
  constructor(private readonly bus: EventBusService) {}

  // A client that drops off comes back with its Last-Event-ID, and gets what it missed.
  @SseStream('events', { events: headlineEvents })
  watch() {
    return this.bus.stream('headlines');
  }

  // The body is the event: what is not valid is answered with 400. Any provider can publish like this.
  @Post()
  post(@Body(new ValidationPipe({ transform: true })) event: HeadlinePosted) {
    return this.bus.publish('headlines', event);
  }
}
`;
