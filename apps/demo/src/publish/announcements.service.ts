import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import {
  EventBusService,
  pattern,
  type SnapshotUpTo,
} from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import {
  AnnouncementPosted,
  AnnouncementSnapshot,
} from './announcement-posted.event.js';

const KEPT = 20;

/** Publishes announcements and remembers the last ones, of all nodes, for those who come later. It knows of no connection. */
@Injectable()
export class Announcements implements OnApplicationBootstrap, OnModuleDestroy {
  #heard: Subscription | undefined;
  #recent: AnnouncementPosted[] = [];
  #newestId: string | undefined;

  constructor(private readonly bus: EventBusService) {}

  onApplicationBootstrap(): void {
    this.#heard = this.bus
      .stream(pattern('announcements.*'))
      .subscribe(({ data, id }) => {
        this.#recent = [...this.#recent, data].slice(-KEPT);
        this.#newestId = id;
      });
  }

  onModuleDestroy(): void {
    this.#heard?.unsubscribe();
  }

  /** @throws SseException `INVALID_EVENT`, `INVALID_TOPIC` */
  post(announcement: AnnouncementPosted): Promise<{ id: string }> {
    return this.bus.publish(
      `announcements.${announcement.channel}`,
      announcement,
    );
  }

  snapshot(): SnapshotUpTo {
    return {
      data: new AnnouncementSnapshot(this.#recent),
      after: this.#newestId,
    };
  }
}
