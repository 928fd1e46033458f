import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { SseConnections, type ConnectionMatch } from 'nestjs-event-stream';
import { DEMO_CONFIG, type DemoConfig } from '../config/demo-config.js';

/** A stream as the pages show it. */
export interface OpenStream {
  readonly id: string;
  /** Host and process id, and what else the library calls the node by. */
  readonly node: string;
  readonly user: string | undefined;
  readonly route: string;
  readonly topics: readonly string[];
  readonly address: string | undefined;
  readonly openedAt: number;
  /** Known of the streams of a single process only. */
  readonly blocksSent?: number;
}

/** The streams of all nodes, or of the one that there is. */
@Injectable()
export class OpenStreams {
  constructor(
    private readonly connections: SseConnections,
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
  ) {}

  async list(match?: ConnectionMatch): Promise<OpenStream[]> {
    if (this.config.eventLog === undefined) return this.#own(match);
    const all = await this.connections.list(match, { scope: 'cluster' });
    return all.map(({ principal, ...rest }) => ({ ...rest, user: principal }));
  }

  async count(match?: ConnectionMatch): Promise<number> {
    return (await this.list(match)).length;
  }

  async #own(match?: ConnectionMatch): Promise<OpenStream[]> {
    const open = await this.connections.list(match);
    return open.map((one) => ({
      id: one.id,
      node: `${hostname()}:${process.pid}`,
      user: one.principal?.id,
      route: one.route,
      topics: one.topics,
      address: one.address,
      openedAt: one.openedAt,
      blocksSent: one.blocksSent,
    }));
  }
}
