import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname, parse, join } from 'node:path';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';

/** One line of the request log. Nothing of what a client sent but method and path. */
export interface RequestLogEntry {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The connection was gone before the response was through. */
  readonly aborted?: true | undefined;
}

/** Appends to the log file, one write at a time, and moves the file away when it is large. */
@Injectable()
export class RequestLog implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger(RequestLog.name);
  #pending: string[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(@Inject(DEMO_CONFIG) private readonly config: DemoConfig) {}

  async onModuleInit(): Promise<void> {
    await mkdir(dirname(this.config.requestLog), { recursive: true });
  }

  /** The streams that the shutdown ended have their lines, too. */
  async onApplicationShutdown(): Promise<void> {
    await this.#writing;
  }

  append(entry: RequestLogEntry): void {
    const isFirst = this.#pending.push(`${JSON.stringify(entry)}\n`) === 1;
    if (isFirst) this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { requestLog, requestLogMaxBytes } = this.config;
    const lines = this.#pending.join('');
    this.#pending = [];
    try {
      await appendFile(requestLog, lines);
      const { size } = await stat(requestLog);
      if (size > requestLogMaxBytes) {
        await rename(requestLog, previousFile(requestLog));
      }
    } catch (error) {
      // A full disk must not take the pages down.
      this.#logger.warn(`The request log is not written: ${String(error)}`);
    }
  }
}

function previousFile(path: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.1${ext}`);
}
