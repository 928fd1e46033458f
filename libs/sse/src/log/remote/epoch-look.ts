import type { LogHealth } from '../log-health.js';
import type { LogEngine } from './log-engine.js';

/** How often made-up epochs make a node look, in milliseconds. */
const INTERVAL_MS = 1_000;

/** Looks for a new epoch when clients come with one that this node does not know: once for all of them. */
export class EpochLook {
  #pending: Promise<void> | undefined;
  #lookedAt = -Infinity;

  constructor(
    private readonly engine: LogEngine,
    private readonly health: LogHealth,
  ) {}

  /** @returns undefined if the last look was just now: there is nothing new */
  start(): Promise<void> | undefined {
    if (this.#pending !== undefined) return this.#pending;
    const isUp = this.health.state.status === 'up';
    if (isUp && performance.now() - this.#lookedAt < INTERVAL_MS)
      return undefined;
    this.#pending = this.engine.look?.().finally(() => {
      this.#pending = undefined;
      this.#lookedAt = performance.now();
    });
    return this.#pending;
  }
}
