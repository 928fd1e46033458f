import { randomUUID } from 'node:crypto';
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
  type SnapshotUpTo,
} from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';
import { followLines } from './file-follower.js';
import { LogLine, LogSnapshot } from './log-line.event.js';

const SNAPSHOT_LINES = 50;

/**
 * Follows the log file of this node and publishes each new line: one reader per process, however many pages. The
 * newest lines of all nodes come back over the bus.
 */
@Injectable()
export class LogPublisher implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(LogPublisher.name);
  readonly #stop = new AbortController();
  readonly #series = randomUUID();
  #heard: Subscription | undefined;
  #following: Promise<void> | undefined;
  #newest: LogLine[] = [];
  #newestId: string | undefined;
  #count = 0;

  constructor(
    private readonly bus: EventBusService,
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.#heard = this.bus
      .stream(pattern('demo.log.*'))
      .subscribe(({ data, id }) => {
        this.#newest = [...this.#newest, data].slice(-SNAPSHOT_LINES);
        this.#newestId = id;
      });
    this.#following = this.#follow().catch((error: unknown) =>
      this.#logger.error('The request log is not followed any more', error),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    await this.#following;
    this.#heard?.unsubscribe();
  }

  /** The last lines, up to and with the newest: what follows is neither missing nor in it. */
  snapshot(): SnapshotUpTo {
    return { data: new LogSnapshot(this.#newest), after: this.#newestId };
  }

  async #follow(): Promise<void> {
    const batches = followLines(this.config.requestLog, this.#stop.signal);
    let isBacklog = true;
    for await (const texts of batches) {
      const lines = texts.map(
        (text) => new LogLine(++this.#count, text, this.#series),
      );
      // What was written before this process began is history: it is shown, and not published again.
      if (!isBacklog) await this.#publish(lines);
      else this.#newest = [...lines, ...this.#newest].slice(-SNAPSHOT_LINES);
      isBacklog = false;
    }
  }

  async #publish(lines: readonly LogLine[]): Promise<void> {
    for (const line of lines)
      await this.bus.publish(`demo.log.${this.config.nodeName}`, line);
  }
}
