import { Body, Controller, Post, UseFilters } from '@nestjs/common';
import { EventBusService, pattern, SseStream } from 'nestjs-event-stream';
import {
  announcementEvents,
  AnnouncementPosted,
} from './announcement-posted.event.js';
import { Announcements } from './announcements.service.js';
import { RefusedEventFilter } from './refused-event.filter.js';

@Controller('api/announcements')
export class AnnouncementsController {
  constructor(
    private readonly bus: EventBusService,
    private readonly announcements: Announcements,
  ) {}

  @Post()
  @UseFilters(RefusedEventFilter)
  post(@Body() body: Partial<Record<string, unknown>> | undefined) {
    // Only the fields of the event, whatever else was sent; the bus says whether they are right.
    const { title, body: text, channel, level } = body ?? {};
    return this.announcements.post(
      Object.assign(new AnnouncementPosted(), {
        title,
        body: text,
        channel,
        level,
        postedAt: new Date().toISOString(),
      }),
    );
  }

  @SseStream('stream', { events: announcementEvents })
  watch() {
    return this.bus.stream(pattern('announcements.*'), {
      snapshot: () => this.announcements.snapshot(),
    });
  }
}
