import { setTimeout as delay } from 'node:timers/promises';
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

  /** @returns undefined if the engine has no way to look */
  start(): Promise<void> | undefined {
    if (this.engine.look === undefined) return undefined;
    return (this.#pending ??= this.#look().finally(() => {
      this.#pending = undefined;
      this.#lookedAt = performance.now();
    }));
  }

  async #look(): Promise<void> {
    const isUp = this.health.state.status === 'up';
    const waitMs = this.#lookedAt + INTERVAL_MS - performance.now();
    // What was looked at before a client came says nothing of the epoch that it came with.
    if (isUp && waitMs > 0) await delay(waitMs, undefined, { ref: false });
    await this.engine.look?.();
  }
}
