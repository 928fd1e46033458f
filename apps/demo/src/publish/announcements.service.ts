import { Injectable } from '@nestjs/common';
import { EventBusService, type SnapshotUpTo } from 'nestjs-event-stream';
import {
  AnnouncementPosted,
  AnnouncementSnapshot,
} from './announcement-posted.event.js';

const KEPT = 20;

/** Publishes announcements and remembers the last ones for those who come later. It knows of no connection. */
@Injectable()
export class Announcements {
  #recent: AnnouncementPosted[] = [];
  #newestId: string | undefined;

  constructor(private readonly bus: EventBusService) {}

  /** @throws SseException `INVALID_EVENT`, `INVALID_TOPIC` */
  async post(announcement: AnnouncementPosted): Promise<{ id: string }> {
    const { id } = await this.bus.publish(
      `announcements.${announcement.channel}`,
      announcement,
    );
    this.#recent = [...this.#recent, announcement].slice(-KEPT);
    this.#newestId = id;
    return { id };
  }

  snapshot(): SnapshotUpTo {
    return {
      data: new AnnouncementSnapshot(this.#recent),
      after: this.#newestId,
    };
  }
}
