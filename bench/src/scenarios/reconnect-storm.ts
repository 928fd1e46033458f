import { Clients } from '../harness/clients.js';
import { ours, RAW_HTTP, startAll, stopAll } from '../harness/contestants.js';
import { makePayload } from '../harness/payload.js';
import type { Row, Scenario } from '../harness/report.js';
import type { Server } from '../harness/server.js';

const CLIENTS = 5000;
const MISSED = 100;

export const reconnectStorm: Scenario = {
  name: 'reconnect-storm',
  title: `${CLIENTS.toLocaleString('en')} clients come back at once, each for ${MISSED} missed events`,
  async run() {
    const [reference, ...servers] = await startAll([
      RAW_HTTP,
      ours('express'),
      ours('fastify'),
    ]);
    const missed = Array.from({ length: MISSED }, () => makePayload(100));
    await reference!.call('keep', missed);
    const rows = [await storm(reference!, '1')];
    for (const server of servers) {
      const cursor = await server.call<string>('fill', {
        topics: 1,
        events: MISSED,
        bytes: 100,
      });
      rows.push(await storm(server, cursor, '/plain?topic=bench.0'));
    }
    await stopAll([reference!, ...servers]);
    return rows.map(({ name, cpuMs, wallMs }): Row => ({
      name: name === RAW_HTTP.name ? `${name}, one ready Buffer` : name,
      'CPU ms per client': cpuMs / CLIENTS,
      'of raw http': cpuMs / rows[0]!.cpuMs,
      'all caught up after s': wallMs / 1000,
    }));
  },
};

async function storm(
  server: Server,
  cursor: string,
  path = server.path,
): Promise<{ name: string; cpuMs: number; wallMs: number }> {
  const options = { ...server, path, headers: { 'Last-Event-ID': cursor } };
  await (await Clients.open({ ...options, count: 500 })).close();
  const cpu = await server.cpuMs();
  const start = performance.now();
  const clients = await Clients.open({ ...options, count: CLIENTS });
  while (clients.events < CLIENTS * MISSED)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const wallMs = performance.now() - start;
  const cpuMs = (await server.cpuMs()) - cpu;
  await clients.close();
  return { name: server.name, cpuMs, wallMs };
}
