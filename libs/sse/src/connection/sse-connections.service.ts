import { Injectable } from '@nestjs/common';
import type { EventBusService } from '../bus/event-bus.service.js';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import {
  assertMatch,
  checkDisconnectOptions,
  isMatch,
  type ConnectionCommand,
  type ConnectionMatch,
  type DisconnectOptions,
} from './connection-command.js';
import type { ConnectionRegistry } from './connection-registry.js';
import type { WriteLoop } from './output/write-loop.js';

/** Whose streams are meant: this node's, or those of all nodes. */
export interface ScopeOptions {
  /**
   * This process, or all that share the log. With the memory log they are the same.
   * @default 'node'
   */
  readonly scope?: 'node' | 'cluster' | undefined;
}

/**
 * Looks at the streams that are open, and ends them.
 *
 * @example await connections.disconnect({ principal: user.id }, { reason: 'Signed out', terminal: true });
 */
@Injectable()
export class SseConnections {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly loop: WriteLoop,
    private readonly bus: EventBusService,
  ) {}

  /**
   * How many streams are open; of those that match, if a match is given.
   * @throws SseException `INVALID_OPTIONS`, `INVALID_TOPIC`
   */
  async count(
    match: ConnectionMatch = {},
    options?: ScopeOptions,
  ): Promise<number> {
    return (await this.list(match, options)).length;
  }

  /**
   * The streams that are open; those that match, if a match is given.
   * @throws SseException `INVALID_OPTIONS`, `INVALID_TOPIC`
   */
  async list(
    match: ConnectionMatch = {},
    _options?: ScopeOptions,
  ): Promise<readonly SseConnection[]> {
    assertMatch(match, true);
    return [...this.registry.connections].filter((one) => isMatch(match, one));
  }

  /**
   * Ends streams, on every node, with a `stream-error` of code `DISCONNECTED`. It is a record of the log:
   * an event that is published after this has resolved reaches none of them.
   * @throws SseException `INVALID_OPTIONS`, `INVALID_TOPIC`; `PUBLISH_REJECTED` and `PUBLISH_UNKNOWN` if
   *   the log cannot be reached: then only the streams of this node have ended
   */
  async disconnect(
    match: ConnectionMatch,
    options: DisconnectOptions = {},
  ): Promise<void> {
    checkDisconnectOptions(options);
    const { reason, terminal = false } = options;
    await this.#command({ type: 'disconnect', match, reason, terminal });
  }

  /**
   * Asks for the principals again, on every node, because rights have changed: streams of those that may
   * not be connected any more, or may not read their topics, end.
   * @throws SseException as {@link disconnect}
   */
  revalidate(match: ConnectionMatch): Promise<void> {
    return this.#command({ type: 'revalidate', match });
  }

  /** Event blocks that this node has sent since it started, of any kind. */
  get blocksSent(): number {
    return this.loop.blocksSent;
  }

  async #command(command: ConnectionCommand): Promise<void> {
    assertMatch(command.match, false);
    const { type, ...data } = command;
    try {
      await this.bus.command(type, JSON.stringify(data));
    } catch (error) {
      this.registry.obey(command);
      throw error;
    }
  }
}
