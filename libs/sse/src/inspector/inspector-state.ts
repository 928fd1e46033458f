import {
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { hostname } from 'node:os';
import { SseConnections } from '../connection/sse-connections.service.js';
import type { RegisteredConnection } from '../connection/connection-registry.js';
import type { PresentConnection } from '../log/presence.js';
import { SseRuntime } from '../route/sse-runtime.js';
import {
  INSPECTOR_SETTINGS,
  type InspectorSettings,
} from './inspector-options.js';
import { RecentEvents } from './recent-events.js';

/** Streams and topics that one state has at most. */
const MAX_ROWS = 200;

/** Gathers what the page shows. */
@Injectable()
export class InspectorState implements OnModuleInit, OnApplicationShutdown {
  readonly #recent: RecentEvents;
  readonly #startedAt = Date.now() - process.uptime() * 1_000;
  #runtime!: SseRuntime;
  #connections!: SseConnections;

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(INSPECTOR_SETTINGS) private readonly settings: InspectorSettings,
  ) {
    this.#recent = new RecentEvents(settings.recentEvents);
  }

  /** @throws SseException `INVALID_OPTIONS` without `SseModule` */
  onModuleInit(): void {
    this.#runtime = SseRuntime.of(this.modules, 'SseInspectorModule');
    this.#connections = this.modules.get(SseConnections, { strict: false });
    this.#runtime.bus.observers.tail.add(this.#recent);
  }

  onApplicationShutdown(): void {
    this.#runtime.bus.observers.tail.delete(this.#recent);
  }

  /** Ends a stream, on whichever node it is. */
  async disconnect(connection: string, terminal: boolean): Promise<void> {
    const reason = 'Ended by an operator';
    await this.#connections.disconnect({ connection }, { reason, terminal });
  }

  async read(): Promise<object> {
    const at = Date.now();
    const { registry, loop, bus } = this.#runtime;
    const own = [...registry.connections].map((one) => this.#rowOf(one));
    const all = [...own.toSorted(byUrgency), ...(await this.#elsewhere())];
    const { log, tail } = bus;
    return {
      at,
      node: {
        host: hostname(),
        pid: process.pid,
        startedAt: this.#startedAt,
        isDraining: registry.isDraining,
      },
      log: {
        name: log.name,
        isUp: log.health?.state.status !== 'down',
        isTailRunning: tail.isRunning,
        window: log.window,
      },
      totals: {
        open: own.length,
        behind: own.filter(({ isBehind }) => isBehind).length,
        waitingBytes: own.reduce((sum, one) => sum + one.waitingBytes, 0),
        blocksSent: loop.blocksSent,
        bytesSent: loop.bytesSent,
      },
      connections: all.slice(0, MAX_ROWS),
      moreConnections: Math.max(0, all.length - MAX_ROWS),
      topics: this.#topics(at),
      events: this.#recent.latest(this.settings.eventData),
    };
  }

  #rowOf(connection: RegisteredConnection) {
    const { id, principal, address, route, topics, openedAt } = connection;
    const { blocksSent, lastEventId, standing } = connection;
    const { tail } = this.#runtime.bus;
    const { offset, isBehind, isCongested, waitingBytes } = standing;
    const place = isBehind ? offset : tail.offset;
    return {
      id,
      principal: principal?.id,
      address,
      route,
      topics,
      openedAt,
      blocksSent,
      lastEventId,
      isBehind,
      isCongested,
      waitingBytes,
      behindBy: isBehind ? tail.offset - (offset ?? tail.offset) : 0,
      cursor:
        offset === undefined || place === undefined
          ? undefined
          : tail.cursorAt(place),
    };
  }

  /** The streams of other nodes, where the log knows them and can be reached. */
  async #elsewhere(): Promise<readonly PresentConnection[]> {
    if (this.#runtime.bus.log.presence === undefined) return [];
    const own = new Set(
      [...this.#runtime.registry.connections].map(({ id }) => id),
    );
    try {
      const all = await this.#connections.list({}, { scope: 'cluster' });
      return all.filter(({ id }) => !own.has(id));
    } catch {
      // The page says that the log is down; what this node knows is shown all the same.
      return [];
    }
  }

  #topics(now: number): object[] {
    const streams = new Map<string, number>();
    for (const { topics } of this.#runtime.registry.connections)
      for (const topic of topics)
        streams.set(topic, (streams.get(topic) ?? 0) + 1);
    const activity = this.#recent.topics(now);
    const names = new Set([...activity.keys(), ...streams.keys()]);
    return [...names].slice(0, MAX_ROWS).map((topic) => ({
      topic,
      streams: streams.get(topic) ?? 0,
      events: 0,
      perSecond: 0,
      ...activity.get(topic),
    }));
  }
}

interface Urgent {
  readonly isBehind: boolean;
  readonly waitingBytes: number;
  readonly openedAt: number;
}

/** Those that have trouble first, then the newest. */
function byUrgency(a: Urgent, b: Urgent): number {
  return (
    Number(b.isBehind) - Number(a.isBehind) ||
    b.waitingBytes - a.waitingBytes ||
    b.openedAt - a.openedAt
  );
}
