import { setTimeout as wait } from 'node:timers/promises';
import { Clients } from '../harness/clients.js';
import { OURS, ours, PEERS, RAW_HTTP } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import { startServer, type ServerSpec } from '../harness/server.js';

const READERS = 50;
const BYTES = 16 * 1024;
const TURNS = 1000;
/** How long a reader sleeps between reads, once it reads at all. */
const PAUSE_MS = 2;

/** More than a socket's buffers hold is published to clients that do not read, and then read slowly. */
export const slowReaders: Scenario = {
  name: 'slow-readers',
  title: `${READERS} readers that all lag by ${(TURNS * BYTES) / 1024 ** 2} MB: what the server keeps for them, and what they get in the end`,
  async run() {
    const specs = [
      RAW_HTTP,
      ours('fastify', { maxEvents: 10_000 }),
      PEERS[0]!,
      PEERS[2]!,
    ];
    const rows: Row[] = [];
    for (const spec of specs) rows.push(await lag(spec));
    return rows;
  },
};

async function lag(spec: ServerSpec): Promise<Row> {
  const server = await startServer(spec);
  const clients = await Clients.open({ ...server, count: READERS });
  const before = await server.memory();
  for (const socket of clients.sockets) socket.pause();
  const options = { turns: TURNS, perTurn: 1, bytes: BYTES, pauseMs: 1 };
  await server.window({ ...options, depth: TURNS, unacknowledged: true });
  const after = await server.memory();
  const slowly = clients.sockets.map(async (socket) => {
    while (clients.events < READERS * TURNS && !socket.destroyed) {
      socket.resume();
      await wait(PAUSE_MS);
      socket.pause();
      await wait(PAUSE_MS);
    }
  });
  await Promise.race([Promise.all(slowly), wait(20_000)]);
  const growth = after.rss - before.rss;
  await clients.close();
  await server.stop();
  return {
    name: spec.name,
    'server grew by MB': growth / 1024 ** 2,
    'KB per reader': growth / READERS / 1024,
    // What the log holds is kept once, whoever lags.
    'of that in the log MB': spec.name.startsWith(OURS)
      ? (TURNS * BYTES) / 1024 ** 2
      : NaN,
    'events read': clients.events,
    'of all': `${((100 * clients.events) / (READERS * TURNS)).toFixed(1)} %`,
  };
}
