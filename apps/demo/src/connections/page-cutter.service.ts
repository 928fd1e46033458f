import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { PageSockets } from './page-sockets.service.js';

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    'demo.cut': { readonly page: string };
  }
}

/** Cuts the stream of a page, on whichever node it is: a request need not come to the node that has the stream. */
@Injectable()
export class PageCutter implements OnApplicationBootstrap, OnModuleDestroy {
  #asked: Subscription | undefined;

  constructor(
    private readonly bus: EventBusService,
    private readonly sockets: PageSockets,
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.#asked = this.bus
      .stream('demo.cut')
      .subscribe(({ data }) => this.sockets.cut(data.page));
  }

  onModuleDestroy(): void {
    this.#asked?.unsubscribe();
  }

  /** False if no stream of that page is open; of other nodes this one does not know. */
  async cut(page: string): Promise<boolean> {
    if (this.sockets.cut(page)) return true;
    if (this.config.eventLog === undefined) return false;
    await this.bus.publish('demo.cut', { page }, { transient: true });
    return true;
  }
}
