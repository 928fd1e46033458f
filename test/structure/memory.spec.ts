import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

const SERVER = fileURLToPath(new URL('footprint-server.mjs', import.meta.url));
const COUNT = 400;

/** Of the heap that Node's own server needs for an idle connection; measured: 2.5 and 1.7. */
const MAX_RATIO = { express: 2.8, fastify: 2.2 } as const;

interface Footprint {
  readonly perConnection: number;
  /** What is kept of each connection that has gone. */
  readonly kept: number;
}

it.each(PLATFORMS)(
  'an idle connection on %s takes little memory, and gives it back',
  async (platform) => {
    const least = await footprintOf('plain');
    const ours = await footprintOf(platform);

    expect(ours.perConnection / least.perConnection).toBeLessThan(
      MAX_RATIO[platform as keyof typeof MAX_RATIO],
    );
    expect(ours.kept).toBeLessThan(ours.perConnection / 5);
  },
  // Some 6,000 connections and two processes: a busy machine takes its time.
  120_000,
);

async function footprintOf(platform: string): Promise<Footprint> {
  const server = fork(SERVER, [platform], { execArgv: ['--expose-gc'] });
  try {
    const { port } = await messageOf<{ port: number }>(server);
    const comeAndGo = async (): Promise<void> => {
      const sockets = await openAll(port);
      for (const socket of sockets) socket.destroy();
      await until(async () => (await look(server)).connections === 0);
    };
    await comeAndGo();
    const before = await look(server);
    const sockets = await openAll(port);
    const during = await look(server);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await look(server)).connections === 0);
    const emptied = await look(server);
    for (let round = 0; round < 2; round++) await comeAndGo();
    const after = await look(server);
    return {
      perConnection: (during.heapUsed - before.heapUsed) / COUNT,
      kept: (after.heapUsed - emptied.heapUsed) / (2 * COUNT),
    };
  } finally {
    if (server.connected) server.disconnect();
    await until(() => server.exitCode !== null);
  }
}

function look(
  server: ChildProcess,
): Promise<{ connections: number; heapUsed: number }> {
  const answer = messageOf<{ connections: number; heapUsed: number }>(server);
  server.send('look');
  return answer;
}

async function messageOf<T>(server: ChildProcess): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [message] = await Promise.race([
      once(server, 'message', { signal }),
      once(server, 'exit', { signal }).then(() => {
        throw new Error(
          'The server ended. It runs the built package: has "npm run build" been run?',
        );
      }),
    ]);
    return message as T;
  } finally {
    waiting.abort();
  }
}

function openAll(port: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: COUNT }, () => openRaw(port)));
}

function openRaw(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      if (bytes.includes('stream-live')) resolve(socket);
    });
    socket.write('GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}
