import type { SseRuntime } from '../../route/sse-runtime.js';
import type { WindowState } from '../../log/window-state.js';
import type { MetricSources } from './metric-set.js';

/** What an application's metrics are looked up from. */
export class LiveSources implements MetricSources {
  /** With those routes that have no stream at the moment. */
  readonly #byRoute = new Map<string, number>();

  constructor(private readonly runtime: SseRuntime) {}

  connectionsByRoute(): ReadonlyMap<string, number> {
    for (const route of this.#byRoute.keys()) this.#byRoute.set(route, 0);
    for (const { route } of this.runtime.registry.connections)
      this.#byRoute.set(route, (this.#byRoute.get(route) ?? 0) + 1);
    return this.#byRoute;
  }

  congested(): number {
    return this.#sum(({ standing }) => Number(standing.isCongested));
  }

  behind(): number {
    return this.#sum(({ standing }) => Number(standing.isBehind));
  }

  waitingBytes(): number {
    return this.#sum(({ standing }) => standing.waitingBytes);
  }

  blocksSent(): number {
    return this.runtime.loop.blocksSent;
  }

  bytesSent(): number {
    return this.runtime.loop.bytesSent;
  }

  isLogUp(): boolean {
    return this.runtime.bus.log.health?.state.status !== 'down';
  }

  isTailRunning(): boolean {
    return this.runtime.bus.tail.isRunning;
  }

  isDraining(): boolean {
    return this.runtime.registry.isDraining;
  }

  windowEvents(): number | undefined {
    return this.#window?.events;
  }

  windowBytes(): number | undefined {
    return this.#window?.bytes;
  }

  windowAgeSeconds(): number | undefined {
    const window = this.#window;
    if (window === undefined) return undefined;
    const { oldestAt } = window;
    return oldestAt === undefined ? 0 : (Date.now() - oldestAt) / 1_000;
  }

  get #window(): WindowState | undefined {
    return this.runtime.bus.log.window;
  }

  #sum(
    amountOf: (
      connection: SseRuntime['registry']['connections'] extends Set<infer C>
        ? C
        : never,
    ) => number,
  ): number {
    let sum = 0;
    for (const connection of this.runtime.registry.connections)
      sum += amountOf(connection);
    return sum;
  }
}
