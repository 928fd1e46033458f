import { Clients } from '../harness/clients.js';
import { EVERYBODY } from '../harness/contestants.js';
import { hasNchan, startNchan } from '../harness/nchan.js';
import type { Row, Scenario } from '../harness/report.js';
import { startServer, type Server } from '../harness/server.js';

const CONNECTIONS = 2000;

/** The floor under everything that runs in these frameworks. */
const FRAMEWORKS = (['express', 'fastify'] as const).map((platform) => ({
  name: `${platform} without Nest`,
  file: 'bare-framework',
  options: { platform },
}));

export const idleMemory: Scenario = {
  name: 'idle-memory',
  title: `memory per idle connection, ${CONNECTIONS.toLocaleString('en')} connections, after forced collections`,
  async run() {
    const rows: { name: string; heap: number; rss: number }[] = [];
    for (const spec of [...EVERYBODY, ...FRAMEWORKS]) {
      const server = await startServer(spec);
      rows.push(await measure(server));
      await server.stop();
    }
    if (hasNchan()) {
      const server = await startNchan();
      rows.push(await measure(server));
      await server.stop();
    }
    return rows.map(({ name, heap, rss }): Row => ({
      name,
      'heap KB': heap / 1024,
      'of raw http': heap / rows[0]!.heap,
      'rss KB': rss / 1024,
    }));
  },
};

async function measure(
  server: Server,
): Promise<{ name: string; heap: number; rss: number }> {
  // What is made once, for the first connections, is not counted.
  const first = await Clients.open({ ...server, count: 200 });
  const before = await server.memory();
  const clients = await Clients.open({ ...server, count: CONNECTIONS });
  const after = await server.memory();
  await clients.close();
  await first.close();
  return {
    name: server.name,
    heap: (after.heapUsed - before.heapUsed) / CONNECTIONS,
    rss: (after.rss - before.rss) / CONNECTIONS,
  };
}
