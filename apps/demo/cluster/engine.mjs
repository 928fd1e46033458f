import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { advice, findProgram, program } from '../../../scripts/programs.mjs';
import { ChildProcess } from './child-process.mjs';

const LOOPBACK = '127.0.0.1';

/** How to run each engine, with data that ends with it. */
const engines = {
  redis: {
    program: program('redis-server'),
    args: (port, folder) =>
      Object.entries({
        bind: LOOPBACK,
        port,
        dir: folder,
        save: '',
        appendonly: 'no',
        'maxmemory-policy': 'noeviction',
      }).flatMap(([name, value]) => [`--${name}`, String(value)]),
  },
  nats: {
    program: program('nats-server'),
    args: (port, folder) => [
      '--addr',
      LOOPBACK,
      '--port',
      String(port),
      '--jetstream',
      '--store_dir',
      folder,
    ],
  },
};

/**
 * The engine that is asked for, else the first that is on this machine.
 * @throws Error with one line that says what is missing and how to get it
 */
export function findEngine(wanted) {
  if (wanted !== undefined && !Object.hasOwn(engines, wanted))
    throw new Error(`--engine must be redis or nats, not ${wanted}.`);
  const names = wanted === undefined ? Object.keys(engines) : [wanted];
  for (const name of names) {
    const path = findProgram(engines[name].program);
    if (path) return { name, path };
  }
  throw new Error(
    advice(names.slice(0, 1).map((name) => engines[name].program)),
  );
}

/** Starts a server of the demo's own on a free port; `onEnd` is called if it ends once it was up, whoever ended it. */
export async function startEngine({ name, path }, folder, onEnd) {
  const port = await freePort();
  const data = join(folder, name);
  await mkdir(data);
  let isUp = false;
  const child = new ChildProcess(path, engines[name].args(port, data), {
    onEnd: () => isUp && onEnd(),
  });
  while (!(await accepts(port))) {
    if (!child.isRunning)
      throw new Error(`${path} does not start:\n${child.output}`);
    await pause(50);
  }
  isUp = true;
  return {
    url: `${name}://${LOOPBACK}:${port}`,
    async stop() {
      await child.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port) {
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
