import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.js';
import { until } from './until.js';

const launcher = fileURLToPath(
  new URL('../../apps/demo/cluster/start.mjs', import.meta.url),
);

/** The demo on two nodes, as `npm run start:cluster` runs it once it is built. */
export class DemoCluster {
  url = '';
  output = '';
  #process: ChildProcess | undefined;

  /** Runs the launcher; `started()` tells when the nodes are up. */
  constructor(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    command = [process.execPath, launcher],
  ) {
    const [program, ...before] = command;
    const child = spawn(program!, [...before, ...args], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: '0',
        RESTART_AFTER_MS: '3000',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    atEnd('the demo on two nodes', () => this.stop());
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (this.output += String(text)));
  }

  async started(): Promise<void> {
    await until(() => {
      const [url] = /http:\/\/\S+:\d+/.exec(this.output) ?? [];
      if (url !== undefined) this.url = url;
      else if (hasEnded(this.#process!)) throw new Error(this.output);
      return url !== undefined;
    }, 'the demo to print its address');
  }

  /** Its exit code. */
  async ended(): Promise<number | null> {
    const child = this.#process!;
    if (!hasEnded(child)) await once(child, 'exit');
    return child.exitCode;
  }

  /** As a terminal or a supervisor does. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process!;
    if (!hasEnded(child)) child.kill(signal);
    return this.ended();
  }

  /** The ids of the processes that it has started and that run. */
  async children(): Promise<number[]> {
    const ps = spawn('ps', ['-ax', '-o', 'pid=,ppid=']);
    let list = '';
    ps.stdout.on('data', (text) => (list += String(text)));
    await once(ps, 'close');
    return list
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === this.#process!.pid)
      .map(([pid]) => pid!)
      .filter((pid) => pid !== ps.pid);
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
