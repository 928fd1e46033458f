import type { LogHealth, LogHealthState } from '../log-health.js';

/** Keeps the health of an engine, and tells of changes. */
export class HealthReport implements LogHealth {
  #state: LogHealthState = { status: 'up', since: Date.now() };
  readonly #listeners = new Set<(state: LogHealthState) => void>();

  get state(): LogHealthState {
    return this.#state;
  }

  watch(listener: (state: LogHealthState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @returns whether that is news */
  down(reason: string): boolean {
    if (this.#state.status === 'down') return false;
    this.#change({ status: 'down', since: Date.now(), reason });
    return true;
  }

  /** @returns whether that is news */
  up(): boolean {
    if (this.#state.status === 'up') return false;
    this.#change({ status: 'up', since: Date.now() });
    return true;
  }

  #change(state: LogHealthState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
