import { connect, type Socket } from 'node:net';
import { MeasuredServer } from '../support/measured-server.js';
import { PLATFORMS, type PlatformName } from '../support/platforms.js';
import { until } from '../support/until.js';

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

async function footprintOf(
  platform: PlatformName | 'plain',
): Promise<Footprint> {
  const server = await MeasuredServer.start({ platform });
  const heapUsed = async (): Promise<number> =>
    (await server.memory()).heapUsed;
  const comeAndGo = async (meanwhile = async () => {}): Promise<void> => {
    const port = Number(new URL(server.url).port);
    const sockets = await Promise.all(
      Array.from({ length: COUNT }, () => openStream(port)),
    );
    await meanwhile();
    for (const socket of sockets) socket.destroy();
    await until(async () => (await server.sockets()) === 0);
  };
  await comeAndGo();
  // What else a process keeps by and by, such as compiled code, only ever adds: the least of several is the nearest.
  let perConnection = Infinity;
  const empty: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = await heapUsed();
    await comeAndGo(async () => {
      const during = await heapUsed();
      perConnection = Math.min(perConnection, (during - before) / COUNT);
    });
    empty.push(await heapUsed());
  }
  await server.stop();
  return { perConnection, kept: (empty[2]! - empty[0]!) / (2 * COUNT) };
}

function openStream(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      if (bytes.includes('stream-live')) resolve(socket);
    });
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}
