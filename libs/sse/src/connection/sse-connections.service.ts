import { Injectable } from '@nestjs/common';
import { checkOptions } from '../base/option-rules.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import type { PresentConnection } from '../log/presence.js';
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
import type { PresenceReporter } from './presence-reporter.js';
import type { WriteLoop } from './output/write-loop.js';

/** Whose streams are meant: this node's, or those of all nodes. */
export interface ScopeOptions {
  /**
   * This application, or all that share the log. What other nodes tell may be a moment old; a node that died is
   * forgotten within half a minute.
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
    private readonly presence: PresenceReporter,
  ) {}

  /**
   * How many streams are open; of those that match, if a match is given.
   * @throws SseException `INVALID_OPTIONS`, `INVALID_TOPIC`; with `{ scope: 'cluster' }` also `NOT_SUPPORTED` where
   *   the log has no presence, and `LOG_UNAVAILABLE`
   */
  async count(
    match: ConnectionMatch = {},
    options: ScopeOptions = {},
  ): Promise<number> {
    return isCluster(options)
      ? (await this.list(match, { scope: 'cluster' })).length
      : (await this.list(match)).length;
  }

  /**
   * The streams that are open; those that match, if a match is given. Of this node the connections themselves; of
   * all nodes what is known of them.
   * @throws SseException as {@link count}
   */
  list(
    match: ConnectionMatch | undefined,
    options: ScopeOptions & { readonly scope: 'cluster' },
  ): Promise<readonly PresentConnection[]>;
  list(
    match?: ConnectionMatch,
    options?: ScopeOptions & { readonly scope?: 'node' | undefined },
  ): Promise<readonly SseConnection[]>;
  async list(
    match: ConnectionMatch = {},
    options: ScopeOptions = {},
  ): Promise<readonly (SseConnection | PresentConnection)[]> {
    assertMatch(match, true);
    if (isCluster(options)) return this.presence.list(match);
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

/** @throws SseException `INVALID_OPTIONS` */
function isCluster(options: ScopeOptions): boolean {
  checkOptions('SseConnections', options, {
    scope: { oneOf: ['node', 'cluster'] },
  });
  return options.scope === 'cluster';
}
