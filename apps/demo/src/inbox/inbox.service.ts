import { Injectable } from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';

/** How many messages each user has not read; in memory, for as long as the demo runs. */
@Injectable()
export class Inbox {
  readonly #unread = new Map<string, number>();

  constructor(private readonly bus: EventBusService) {}

  unread(user: string): number {
    return this.#unread.get(user) ?? 0;
  }

  add(user: string): Promise<unknown> {
    return this.#set(user, this.unread(user) + 1);
  }

  clear(user: string): Promise<unknown> {
    return this.#set(user, 0);
  }

  // The count and not the change, so that a page that hears it twice is still right.
  #set(user: string, count: number): Promise<unknown> {
    this.#unread.set(user, count);
    return this.bus.publish(`inbox.${user}`, {
      type: 'inbox.unread',
      data: { count },
    });
  }
}
