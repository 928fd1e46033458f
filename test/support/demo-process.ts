import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.js';
import { temporaryFolder } from './folder.js';

const main = fileURLToPath(
  new URL('../../apps/demo/dist/main.js', import.meta.url),
);

/** The demo as a process of its own, as `npm start` runs it once it is built. */
export class DemoProcess {
  #process: ChildProcess | undefined;
  #port = '0';
  #folder = '';
  url = '';

  constructor(private readonly platform: string) {}

  /** Starts it; again after {@link kill}, on the port it had before. */
  async start(): Promise<void> {
    this.#folder ||= await temporaryFolder('demo');
    atEnd('the demo', () => this.stop());
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: this.#port,
        PLATFORM: this.platform,
        TYPING_PAUSE_MS: '2',
        REQUEST_LOG: join(this.#folder, 'requests.log'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    this.url = await printedAddress(child);
    this.#port = new URL(this.url).port;
  }

  /** As the kernel does when memory runs out. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As a supervisor does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || hasEnded(child)) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function printedAddress(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    // Stays, so that a full pipe never halts it.
    child.stdout!.on('data', (text) => {
      output += String(text);
      const [address] = /http:\/\/\S+:\d+/.exec(output) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => {
      reject(
        new Error(`The demo ended before it printed its address:\n${output}`),
      );
    });
  });
}
