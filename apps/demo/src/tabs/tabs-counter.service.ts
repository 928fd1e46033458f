import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import { OpenStreams } from '../connections/open-streams.service.js';

const PERIOD_MS = 250;

/** Goes on for so long without a tab: what is published while the lead changes hands must not be missing. */
const LINGER_MS = 30_000;

/** A node that has just started listens for so long: another may be counting already. */
const LISTEN_MS = 2_000;

interface TabsNumber {
  readonly number: number;
  readonly connections: number;
}

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    'demo.tabs': TabsNumber;
  }
}

/**
 * Counts for all tabs, and says how many connections there are. Several nodes count together: each number is the
 * message id of its event, so that it is in the log once, whoever was first.
 */
@Injectable()
export class TabsCounter implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(TabsCounter.name);
  #timer: NodeJS.Timeout | undefined;
  #heard: Subscription | undefined;
  #number = 0;
  #lastSeen = -Infinity;
  #startedAt = 0;
  #isFailing = false;

  constructor(
    private readonly bus: EventBusService,
    private readonly streams: OpenStreams,
  ) {}

  onApplicationBootstrap(): void {
    this.#startedAt = performance.now();
    this.#heard = this.bus.stream('demo.tabs').subscribe(({ data }) => {
      this.#number = data.number;
    });
    this.#timer = setInterval(() => void this.#count(), PERIOD_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
    this.#heard?.unsubscribe();
  }

  async #count(): Promise<void> {
    try {
      const connections = await this.streams.count({ topic: 'demo.tabs' });
      const now = performance.now();
      if (connections > 0) this.#lastSeen = now;
      if (now - this.#lastSeen > LINGER_MS) return;
      if (this.#number === 0 && now - this.#startedAt < LISTEN_MS) return;
      const data = { number: this.#number + 1, connections };
      const messageId = `demo.tabs.${data.number}`;
      await this.bus.publish(
        'demo.tabs',
        { type: 'tabs.number', data },
        { messageId },
      );
      this.#isFailing = false;
    } catch (error) {
      // Four times a second is too often to say it.
      if (!this.#isFailing)
        this.#logger.warn(`Numbers are not published: ${String(error)}`);
      this.#isFailing = true;
    }
  }
}
