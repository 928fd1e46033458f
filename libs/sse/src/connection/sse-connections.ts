import { Injectable } from '@nestjs/common';
import type { SseConnection } from '../bus/sse-connection.js';
import { ConnectionHub } from './connection-hub.js';

/** Looks at the streams that are open, and ends them. */
@Injectable()
export class SseConnections {
  constructor(private readonly hub: ConnectionHub) {}

  /** How many streams are open on this node. */
  async count(): Promise<number> {
    return this.hub.connections.size;
  }

  /** The streams that are open on this node. */
  async list(): Promise<readonly SseConnection[]> {
    return [...this.hub.connections];
  }

  /** Event blocks that this node has sent since it started, of any kind. */
  get eventsSent(): number {
    return this.hub.eventsSent;
  }
}
