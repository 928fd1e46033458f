import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService, type SnapshotUpTo } from 'nestjs-event-stream';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { followLines } from './file-follower.js';
import { LogLine, LogSnapshot } from './log-line.event.js';

const SNAPSHOT_LINES = 50;

/** Follows the log file and publishes each new line: one reader per process, however many pages. */
@Injectable()
export class LogPublisher implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(LogPublisher.name);
  readonly #stop = new AbortController();
  #following: Promise<void> | undefined;
  #newest: LogLine[] = [];
  #newestId: string | undefined;
  #count = 0;

  constructor(
    private readonly bus: EventBusService,
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.#following = this.#follow().catch((error: unknown) =>
      this.#logger.error('The request log is not followed any more', error),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** The last lines, up to and with the newest: what follows is neither missing nor in it. */
  snapshot(): SnapshotUpTo {
    return { data: new LogSnapshot(this.#newest), after: this.#newestId };
  }

  async #follow(): Promise<void> {
    const batches = followLines(this.config.requestLog, this.#stop.signal);
    let isBacklog = true;
    for await (const texts of batches) {
      const lines = texts.map((text) => new LogLine(++this.#count, text));
      // What was written before this process began is history: it is shown, and not published again.
      if (!isBacklog) await this.#publish(lines);
      else this.#newest = lines.slice(-SNAPSHOT_LINES);
      isBacklog = false;
    }
  }

  async #publish(lines: readonly LogLine[]): Promise<void> {
    for (const line of lines) {
      const { id } = await this.bus.publish('demo.log', line);
      this.#newest = [...this.#newest, line].slice(-SNAPSHOT_LINES);
      this.#newestId = id;
    }
  }
}
