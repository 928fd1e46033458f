import { Clients } from '../harness/clients.js';
import { ours, RAW_HTTP, startAll, stopAll } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import type { Server } from '../harness/server.js';

const CONNECTS = 20_000;
const AT_ONCE = 500;
const WARM_UP = 4000;

export const churn: Scenario = {
  name: 'churn',
  title: `${CONNECTS.toLocaleString('en')} connects and disconnects: heap afterwards against before`,
  async run() {
    const servers = await startAll([
      RAW_HTTP,
      ours('express'),
      ours('fastify'),
    ]);
    const rows: Row[] = [];
    for (const server of servers) {
      await cycle(server, WARM_UP);
      const before = await server.memory();
      const cpu = await server.cpuMs();
      await cycle(server, CONNECTS);
      const cpuMs = (await server.cpuMs()) - cpu;
      const after = await server.memory();
      rows.push({
        name: server.name,
        'CPU ms per connect': cpuMs / CONNECTS,
        'heap before MB': before.heapUsed / 1024 ** 2,
        'after MB': after.heapUsed / 1024 ** 2,
        'after / before': (after.heapUsed / before.heapUsed).toFixed(3),
      });
    }
    await stopAll(servers);
    return rows;
  },
};

async function cycle(server: Server, connects: number): Promise<void> {
  for (let done = 0; done < connects; done += AT_ONCE) {
    const clients = await Clients.open({ ...server, count: AT_ONCE });
    await clients.close();
  }
}
