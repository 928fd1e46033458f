import { Clients } from '../harness/clients.js';
import { ours, RAW_HTTP } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import { startServer, type ServerSpec } from '../harness/server.js';
import { median, percentile } from '../harness/statistics.js';

const READERS = 1000;
const BYTES = 1024;
/** With one KB each, more than the buffers of the stalled socket hold. */
const TURNS_BEFORE = 6000;
const PER_TURN_BEFORE = 1;
const TURNS = 30;
const ROUNDS = 5;

/** One client reads nothing: what it costs the other ones. */
export const stalledReader: Scenario = {
  name: 'stalled-reader',
  title: `one stalled reader among ${READERS.toLocaleString('en')}: CPU and latency of the others, with it against without`,
  async run() {
    const rows: Row[] = [];
    for (const spec of [RAW_HTTP, ours('fastify', { maxEvents: 200_000 })])
      rows.push(...(await measure(spec)));
    return rows;
  },
};

async function measure(spec: ServerSpec): Promise<Row[]> {
  const server = await startServer(spec);
  const stalled = await Clients.open({ ...server, count: 1 });
  stalled.sockets[0]!.pause();
  await server.window({
    turns: TURNS_BEFORE,
    perTurn: PER_TURN_BEFORE,
    bytes: BYTES,
    depth: TURNS_BEFORE,
    unacknowledged: true,
  });
  const clients = await Clients.open({ ...server, count: READERS });
  const run = async (): Promise<number> => {
    const start = clients.events;
    let acknowledged = 0;
    clients.onEvents = () => {
      const done = Math.floor((clients.events - start) / READERS);
      if (done === acknowledged) return;
      acknowledged = done;
      server.acknowledge(done);
    };
    const options = { turns: TURNS, perTurn: 1, bytes: BYTES, depth: 2 };
    const { cpuMs } = await server.window(options);
    return (cpuMs * 1000) / (TURNS * READERS);
  };
  await run();
  const rows: Row[] = [];
  for (const name of ['with it', 'without']) {
    if (name === 'without') await stalled.close();
    clients.latencies = [];
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push(await run());
    rows.push({
      name: `${spec.name}: ${name}`,
      'CPU µs per delivery': median(times),
      'p50 ms': percentile(clients.latencies, 0.5),
      'p99 ms': percentile(clients.latencies, 0.99),
    });
  }
  await clients.close();
  await server.stop();
  return rows;
}
