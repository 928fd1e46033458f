import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LimitOptions } from 'nestjs-event-stream';
import { atEnd } from '../at-end.js';
import type { PlatformName } from '../platforms.js';
import { TOPIC, type FaultNode } from './fault-run.js';
import type { Outcome } from './ledger.js';

const program = fileURLToPath(new URL('./node-process.mjs', import.meta.url));

/** What a node is started with. */
export interface NodeProcessSettings {
  readonly engine: 'redis' | 'nats';
  /** Those of the engine's log. */
  readonly options: object;
  readonly limits?: LimitOptions | undefined;
  /**
   * How much its clock is ahead, in milliseconds.
   * @default 0
   */
  readonly clockMs?: number | undefined;
}

/** A node in a process of its own. */
export class NodeProcess implements FaultNode {
  url = '';
  isUp = false;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  #child: ChildProcess | undefined;

  constructor(
    private readonly platform: PlatformName,
    private readonly settings: NodeProcessSettings,
  ) {}

  async start(): Promise<void> {
    const child = fork(
      program,
      [this.platform, TOPIC, JSON.stringify(this.settings)],
      { execArgv: [] },
    );
    this.#child = child;
    atEnd(`node process ${child.pid}`, () => this.kill());
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    this.url = `http://127.0.0.1:${port}/events`;
    this.isUp = true;
    child.on('message', ({ key, outcome }: { key: string; outcome: Outcome }) =>
      this.#settle(key, outcome),
    );
  }

  publish(key: string): Promise<Outcome> {
    return new Promise((resolve) => {
      if (!this.isUp) return resolve({ state: 'rejected' });
      this.#waiting.set(key, resolve);
      this.#child!.send({ key });
    });
  }

  /** Ends it as a power cut would: what it was publishing may be in the log. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.isUp = false;
    if (child !== undefined) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const key of this.#waiting.keys())
      this.#settle(key, { state: 'unknown' });
  }

  /** It does nothing, and its connections stay. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  #settle(key: string, outcome: Outcome): void {
    this.#waiting.get(key)?.(outcome);
    this.#waiting.delete(key);
  }
}
