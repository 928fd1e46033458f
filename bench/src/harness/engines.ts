import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advice, findProgram, program } from '../../../scripts/programs.mjs';

export type EngineName = 'redis' | 'nats';

/** A server that nodes keep their log in, with data of its own. */
export interface Engine {
  readonly name: EngineName;
  readonly url: string;
  readonly pid: number;
  /** It answers to nothing, and its connections stay. */
  freeze(): void;
  thaw(): void;
  /** Ends it as a power cut would, with or without its data, and starts it again where it was. */
  restart(data: 'kept' | 'lost'): Promise<void>;
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** How each is run; its data is in memory unless `settings` say otherwise. */
const PROGRAMS = {
  redis: {
    program: program('redis-server'),
    args: (port: number, folder: string, settings: readonly string[]) => [
      '--port',
      String(port),
      '--bind',
      LOOPBACK,
      '--dir',
      folder,
      '--save',
      '',
      ...settings,
    ],
  },
  nats: {
    program: program('nats-server'),
    args: (port: number, folder: string, settings: readonly string[]) => {
      const file = join(folder, 'nats.conf');
      const jetstream = `store_dir: "${folder}"\n${settings.join('\n')}`;
      writeFileSync(
        file,
        `host: "${LOOPBACK}"\nport: ${port}\njetstream {\n${jetstream}\n}\n`,
      );
      return ['-c', file];
    },
  },
};

/** @throws Error that says how to get the engine, where it is not on this machine */
export async function startEngine(
  name: EngineName,
  settings: readonly string[] = [],
): Promise<Engine> {
  const { program: wanted, args } = PROGRAMS[name];
  const path = findProgram(wanted);
  if (path === undefined) throw new Error(advice([wanted]));
  const engine = new EngineProcess(
    name,
    path,
    await freePort(),
    args,
    settings,
  );
  await engine.start();
  return engine;
}

class EngineProcess implements Engine {
  readonly url: string;
  readonly #folder: string;
  #child!: ChildProcess;
  readonly #endWithUs = (): boolean => this.#child.kill('SIGKILL');

  constructor(
    readonly name: EngineName,
    private readonly path: string,
    private readonly port: number,
    private readonly args: (typeof PROGRAMS)[EngineName]['args'],
    private readonly settings: readonly string[],
  ) {
    this.url = `${name}://${LOOPBACK}:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
    process.once('exit', this.#endWithUs);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const args = this.args(this.port, this.#folder, this.settings);
    this.#child = spawn(this.path, args, { stdio: 'ignore' });
    while (!(await accepts(this.port))) {
      if (this.#child.exitCode !== null)
        throw new Error(`${this.path} does not start`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async restart(data: 'kept' | 'lost'): Promise<void> {
    await this.#kill();
    if (data === 'lost') rmSync(this.#folder, { recursive: true });
    await this.start();
  }

  async stop(): Promise<void> {
    process.off('exit', this.#endWithUs);
    await this.#kill();
    rmSync(this.#folder, { recursive: true });
  }

  async #kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Nobody listens yet.
    return false;
  } finally {
    socket.destroy();
  }
}
