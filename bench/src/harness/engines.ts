import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const port = await freePort();
  const child = spawn(path, args(port, folder, settings), { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const endWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`${path} does not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    name,
    url: `${name}://${LOOPBACK}:${port}`,
    pid: child.pid!,
    async stop() {
      process.off('exit', endWithUs);
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
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
