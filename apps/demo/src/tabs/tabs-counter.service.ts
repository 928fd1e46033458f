import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService, SseConnections } from 'nestjs-event-stream';

const PERIOD_MS = 250;

/** Goes on for so long without a tab: what is published while the lead changes hands must not be missing. */
const LINGER_MS = 30_000;

/** Counts for all tabs, and says how many connections the server sees. */
@Injectable()
export class TabsCounter implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(TabsCounter.name);
  #timer: NodeJS.Timeout | undefined;
  #number = 0;
  #lastSeen = -Infinity;

  constructor(
    private readonly bus: EventBusService,
    private readonly connections: SseConnections,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#count(), PERIOD_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  async #count(): Promise<void> {
    const connections = await this.connections.count({ topic: 'demo.tabs' });
    if (connections > 0) this.#lastSeen = performance.now();
    if (performance.now() - this.#lastSeen > LINGER_MS) return;
    const data = { number: ++this.#number, connections };
    try {
      await this.bus.publish('demo.tabs', { type: 'tabs.number', data });
    } catch (error) {
      this.#logger.warn(`A number was not published: ${String(error)}`);
    }
  }
}
