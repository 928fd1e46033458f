import { Connection, type StreamSink } from '../connection.js';
import { EventStream, type StreamConnection } from '../event-stream.js';
import type { EventStreamOptions } from '../event-stream-options.js';
import { Listeners } from '../listeners.js';
import { SharedConnection, type TabRole } from './shared-connection.js';

/** How the tabs of one browser share a stream; all else as for a stream of one's own. */
export interface SharedEventStreamOptions extends EventStreamOptions {
  /**
   * Streams of the same name are one. Give each user one of his own where tabs of several may be open.
   * @default the URL
   */
  readonly shareAs?: string;
}

const ROLE = 'role';

/**
 * An {@link EventStream} that all tabs of an origin share: one of them has the connection, and when it goes, another one
 * takes its place, from the last event on. Where tabs cannot share, for want of Web Locks (which need a secure context) or
 * BroadcastChannel, it is a stream of its own, and always `leader`.
 *
 * A tab that joins with a cursor gets what it missed; without one it starts at the latest event. It gets no snapshot of
 * its own. All options but `raw`, `persist` and `lastEventId` have to be the same in all tabs.
 *
 * @example
 * const stream = new SharedEventStream<OrderEvents>('/orders/events', { shareAs: `orders of ${user.id}` });
 */
export class SharedEventStream<
  Events extends object = Record<string, unknown>,
> extends EventStream<Events> {
  // Set by connect(), which the constructor of EventStream calls.
  declare private roles: { current: TabRole; readonly listeners: Listeners };

  /** @throws EventStreamError `INVALID_OPTIONS` */
  // oxlint-disable-next-line no-useless-constructor -- for the type of its options
  constructor(url: string | URL, options: SharedEventStreamOptions = {}) {
    super(url, options);
  }

  /** Whether this tab has the connection, or gets what comes of another tab's. */
  get role(): TabRole {
    return this.roles.current;
  }

  /** Calls `listener` when the role changes. Gives back how to stop. */
  onRole(listener: (role: TabRole) => void): () => void {
    return this.roles.listeners.add(ROLE, listener);
  }

  /** @internal */
  protected override connect(
    options: SharedEventStreamOptions,
    sink: StreamSink,
  ): StreamConnection {
    const listeners = new Listeners();
    this.roles = { current: 'leader', listeners };
    if (!globalThis.navigator?.locks || !globalThis.BroadcastChannel)
      return new Connection(this.url, options, sink);
    this.roles.current = 'follower';
    const name = `event-stream:${options.shareAs ?? this.url}`;
    return new SharedConnection(this.url, name, options, sink, (role) => {
      this.roles.current = role;
      listeners.notify(ROLE, role);
    });
  }
}
