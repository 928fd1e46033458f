import { availableParallelism, hostname, totalmem } from 'node:os';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import {
  EventBusService,
  pattern,
  SseConnections,
  type SnapshotUpTo,
} from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { MetricsSample, MetricsSnapshot } from './metrics-sample.event.js';
import { ProcessGauges } from './process-gauges.js';

const PERIOD_MS = 1000;
const HISTORY = 120;

/** Measures once per process, however many pages look. */
@Injectable()
export class MetricsSampler implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(MetricsSampler.name);
  #gauges: ProcessGauges | undefined;
  #timer: NodeJS.Timeout | undefined;
  #published: Subscription | undefined;
  #publishedSince = 0;
  #deliveredBefore = 0;
  #history: MetricsSample[] = [];
  #newestId: string | undefined;
  #number = 0;
  readonly topic: `demo.metrics.${string}`;

  constructor(
    private readonly bus: EventBusService,
    private readonly connections: SseConnections,
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
  ) {
    this.topic = `demo.metrics.${config.nodeName}`;
  }

  onApplicationBootstrap(): void {
    this.#gauges = new ProcessGauges();
    // Outside of a route a bus stream is live, for server code: here it counts.
    this.#published = this.bus
      .stream(pattern('>'))
      .subscribe(() => this.#publishedSince++);
    this.#timer = setInterval(() => void this.#sample(), PERIOD_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
    this.#published?.unsubscribe();
    this.#gauges?.stop();
  }

  /** The last two minutes, up to and with the newest sample: what follows it is neither missing nor in it. */
  snapshot(): SnapshotUpTo {
    const data = new MetricsSnapshot(
      {
        platform: this.config.platform,
        node: process.version,
        cpus: availableParallelism(),
        memoryTotal: totalmem(),
      },
      this.#history,
    );
    return { data, after: this.#newestId };
  }

  async #sample(): Promise<void> {
    const delivered = this.connections.blocksSent;
    const sample = Object.assign(new MetricsSample(), this.#gauges?.read(), {
      node: this.config.nodeName,
      process: `${hostname()}:${process.pid}`,
      number: ++this.#number,
      connections: await this.connections.count(),
      events: {
        published: this.#publishedSince,
        delivered: delivered - this.#deliveredBefore,
      },
    });
    this.#publishedSince = 0;
    this.#deliveredBefore = delivered;
    try {
      const { id } = await this.bus.publish(this.topic, sample);
      this.#history = [...this.#history, sample].slice(-HISTORY);
      this.#newestId = id;
    } catch (error) {
      this.#logger.warn(`A sample was not published: ${String(error)}`);
    }
  }
}
