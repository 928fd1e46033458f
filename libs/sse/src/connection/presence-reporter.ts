import { SseException } from '../base/exception.js';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import { pattern } from '../event/topic.js';
import type {
  Presence,
  PresenceNode,
  PresentConnection,
} from '../log/presence.js';
import {
  isMatch,
  type ConnectionMatch,
  type Matchable,
} from './connection-command.js';
import type { ConnectionObserver } from './connection-observer.js';
import type { ConnectionRegistry } from './connection-registry.js';

/** Tells all nodes of the streams of this one, and asks for those of all. */
export class PresenceReporter implements ConnectionObserver {
  #node: PresenceNode | undefined;

  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly presence: Presence | undefined,
  ) {}

  /** @internal */
  onApplicationBootstrap(): void {
    if (this.presence === undefined) return;
    this.#node = this.presence.join();
    this.registry.observers.add(this);
  }

  /** @internal Before the log closes, which is later. */
  async beforeApplicationShutdown(): Promise<void> {
    this.registry.observers.delete(this);
    await this.#node?.leave();
  }

  onOpen(connection: SseConnection): void {
    const { id, principal, address, route, topics, openedAt } = connection;
    const node = this.#node!;
    node.add({
      id,
      node: node.id,
      principal: principal?.id,
      address,
      route,
      topics,
      openedAt,
    });
  }

  onClose({ id }: SseConnection): void {
    this.#node!.delete(id);
  }

  /** @throws SseException `NOT_SUPPORTED`, `LOG_UNAVAILABLE` */
  async list(match: ConnectionMatch): Promise<readonly PresentConnection[]> {
    if (this.presence === undefined) {
      throw new SseException(
        'NOT_SUPPORTED',
        "This event log does not know the streams of other nodes, so that there is no { scope: 'cluster' }: use " +
          'redisEventLog() or natsEventLog(), or leave the option out.',
      );
    }
    const all = await this.presence.list();
    return all.filter((one) => isMatch(match, matchableOf(one)));
  }
}

function matchableOf({
  id,
  principal,
  address,
  topics,
}: PresentConnection): Matchable {
  return {
    id,
    address,
    principal: principal === undefined ? undefined : { id: principal },
    covers: (topic) =>
      topics.some(
        (text) =>
          text === topic || (/[*>]/.test(text) && pattern(text).matches(topic)),
      ),
  };
}
