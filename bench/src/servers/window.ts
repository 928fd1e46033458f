import { makePayload } from '../harness/payload.js';
import type { Contestant } from './contestant.js';

export interface WindowOptions {
  readonly turns: number;
  readonly perTurn: number;
  /** The size of a payload as JSON. */
  readonly bytes: number;
  /** Turns that may be on their way to the clients: enough to keep the server busy, too few to fill a socket. */
  readonly depth: number;
  /** Milliseconds between turns, for servers that should not be busy; 0 for none. */
  readonly pauseMs?: number;
  /** Ends with the last turn, whether or not somebody has read it. */
  readonly unacknowledged?: boolean;
}

export interface WindowResult {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Publishes turn by turn of the event loop while acknowledgements come in. */
export class PublishWindow {
  #sent = 0;
  #acknowledged = 0;
  #isWaiting = false;
  #finish: (() => void) | undefined;

  constructor(
    private readonly contestant: Contestant,
    private readonly options: WindowOptions,
  ) {}

  async run(): Promise<WindowResult> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      this.#turn();
    });
    const { user, system } = process.cpuUsage(cpu);
    return {
      cpuMs: (user + system) / 1000,
      wallMs: performance.now() - start,
    };
  }

  acknowledge(turns: number): void {
    this.#acknowledged = turns;
    if (turns >= this.options.turns) this.#finish?.();
    else if (this.#isWaiting) this.#next();
  }

  readonly #turn = (): void => {
    const { perTurn, bytes } = this.options;
    this.#sent++;
    for (let count = 0; count < perTurn; count++)
      this.contestant.publish(makePayload(bytes));
    this.#next();
  };

  #next(): void {
    const { turns, depth, pauseMs = 0, unacknowledged } = this.options;
    if (this.#sent === turns) {
      if (unacknowledged === true) setImmediate(() => this.#finish?.());
      return;
    }
    this.#isWaiting = this.#sent - this.#acknowledged >= depth;
    if (this.#isWaiting) return;
    if (pauseMs > 0) setTimeout(this.#turn, pauseMs);
    // Two rounds, so that what a server writes at the end of a turn is not joined with the next one's.
    else setImmediate(() => setImmediate(this.#turn));
  }
}
