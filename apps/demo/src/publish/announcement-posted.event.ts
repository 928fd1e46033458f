import { IsIn, IsISO8601, IsString, Length, MaxLength } from 'class-validator';
import { SseEvent, sseEvents } from 'nestjs-event-stream';

@SseEvent('announcement.posted')
export class AnnouncementPosted {
  @IsString()
  @Length(3, 80)
  title!: string;

  @IsString()
  @MaxLength(500)
  body!: string;

  @IsIn(['general', 'releases', 'operations'])
  channel!: string;

  @IsIn(['info', 'warning', 'critical'])
  level!: string;

  @IsISO8601()
  postedAt!: string;
}

/** What a new page starts from, oldest first. */
@SseEvent('announcement.snapshot')
export class AnnouncementSnapshot {
  constructor(readonly announcements: readonly AnnouncementPosted[]) {}
}

const published = sseEvents({ 'announcement.posted': AnnouncementPosted });

/** What the route sends. */
export const announcementEvents = sseEvents({
  ...published.classes,
  'announcement.snapshot': AnnouncementSnapshot,
});

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `announcements.${string}`]: typeof published;
  }
}
