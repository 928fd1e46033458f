import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.js';

/** A port of the loopback interface that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A server process on a port and in a folder of its own, that can be hurt. */
export class EngineProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  output = '';
  #child: ChildProcess | undefined;

  constructor(
    private readonly command: string,
    private readonly argumentsOf: (folder: string) => readonly string[],
    private readonly isReady: () => Promise<boolean>,
  ) {}

  /** Starts it, and waits until it answers; with the data of before if it was running. */
  async start(): Promise<void> {
    const child = spawn(this.command, this.argumentsOf(this.folder), {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const take = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    let failure: Error | undefined;
    child.on('error', (error) => (failure = error));
    await until(
      async () => {
        if (failure !== undefined) throw failure;
        if (child.exitCode !== null)
          throw new Error(`${this.command} has ended:\n${this.output}`);
        return this.isReady().catch(() => false);
      },
      `${this.command} answers`,
      30_000,
    );
  }

  /** It answers to nothing, and its connections stay. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, as its operator would, so that it ends its own processes first. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** Ends it, with its data. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    if (child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
