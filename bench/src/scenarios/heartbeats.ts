import { setTimeout as wait } from 'node:timers/promises';
import { Clients } from '../harness/clients.js';
import { ours, startAll, stopAll } from '../harness/contestants.js';
import type { Scenario } from '../harness/report.js';
import { median } from '../harness/statistics.js';

const CONNECTIONS = 8000;
const INTERVAL_MS = 3000;
const WATCHED_MS = 2 * INTERVAL_MS;
const BEAT_BYTES = ':\n\n'.length + '3\r\n\r\n'.length;
const SLICE_MS = 100;

export const heartbeats: Scenario = {
  name: 'heartbeats',
  title: `heartbeats of ${CONNECTIONS.toLocaleString('en')} idle connections, every ${INTERVAL_MS / 1000} s (the default is 15 s)`,
  async run() {
    const servers = await startAll([
      ours('fastify', { heartbeatMs: INTERVAL_MS }),
    ]);
    const server = servers[0]!;
    const clients = await Clients.open({ ...server, count: CONNECTIONS });
    // Beats spread more from one to the next.
    await wait(2 * INTERVAL_MS);
    const slices: number[] = [];
    const startBytes = clients.bytes;
    const cpu = await server.cpuMs();
    let last = clients.bytes;
    for (let at = 0; at < WATCHED_MS; at += SLICE_MS) {
      await wait(SLICE_MS);
      slices.push((clients.bytes - last) / BEAT_BYTES);
      last = clients.bytes;
    }
    const cpuMs = (await server.cpuMs()) - cpu;
    const beats = (clients.bytes - startBytes) / BEAT_BYTES;
    // Apart, because watching the loop costs more than the beats do.
    await server.call('watchLoop');
    await wait(INTERVAL_MS);
    const loop = await server.call<{ max: number; p99: number }>('loopDelayMs');
    await clients.close();
    await stopAll(servers);
    return [
      {
        name: server.name,
        'beats/s': beats / (WATCHED_MS / 1000),
        'CPU µs per beat': (cpuMs * 1000) / beats,
        'CPU %': (cpuMs / WATCHED_MS) * 100,
        'beats in 100 ms: median': median(slices),
        most: Math.max(...slices),
        'loop delay p99 ms': loop.p99,
        'max ms': loop.max,
      },
    ];
  },
};
