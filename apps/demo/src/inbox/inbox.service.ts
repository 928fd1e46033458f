import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService, pattern } from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    [topic: `inbox.${string}`]: { readonly count: number };
  }
}

/**
 * How many messages each user has not read; in memory, for as long as the demo runs. What other nodes say is heard on
 * the bus.
 */
@Injectable()
export class Inbox implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #unread = new Map<string, number>();
  #heard: Subscription | undefined;

  constructor(private readonly bus: EventBusService) {}

  onApplicationBootstrap(): void {
    this.#heard = this.bus
      .stream(pattern('inbox.*'))
      .subscribe(({ topic, data }) =>
        this.#unread.set(topic.slice('inbox.'.length), data.count),
      );
  }

  onModuleDestroy(): void {
    this.#heard?.unsubscribe();
  }

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
