import { Clients } from '../harness/clients.js';
import { OURS, ours, startAll, stopAll } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import type { Server } from '../harness/server.js';
import { median } from '../harness/statistics.js';

const MISSED = 1000;
const RESUMES = 40;
const ROUNDS = 5;

/** What a log is filled with, in turns of the topics. */
const FILLINGS = [
  { name: 'those 1,000 alone', topics: 1, events: MISSED },
  { name: '1,000 among 100,000', topics: 100, events: 100 * MISSED },
];

export const resume: Scenario = {
  name: 'resume',
  title: `a client that comes back for ${MISSED.toLocaleString('en')} missed events of one topic, memory log`,
  async run() {
    const options = { maxEvents: 200_000 };
    const servers = await startAll(
      FILLINGS.map(() => ours('fastify', options)),
    );
    const cursors = [];
    for (const [index, filling] of FILLINGS.entries())
      cursors.push(
        await servers[index]!.call<string>('fill', { ...filling, bytes: 100 }),
      );
    const times: number[][] = FILLINGS.map(() => []);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [index, server] of servers.entries()) {
        const time = await cpuOfResumes(server, cursors[index]!);
        if (round >= 0) times[index]!.push(time);
      }
    }
    await stopAll(servers);
    return FILLINGS.map(({ name }, index): Row => ({
      name: `${OURS}: ${name}`,
      'CPU ms per resume': median(times[index]!),
      'of those alone': median(
        times[index]!.map((time, round) => time / times[0]![round]!),
      ),
    }));
  },
};

async function cpuOfResumes(server: Server, cursor: string): Promise<number> {
  const before = await server.cpuMs();
  for (let count = 0; count < RESUMES; count++) {
    const clients = await Clients.open({
      ...server,
      path: '/plain?topic=bench.0',
      headers: { 'Last-Event-ID': cursor },
      count: 1,
    });
    if (clients.events !== MISSED)
      throw new Error(`${clients.events} events were replayed`);
    await clients.close();
  }
  return ((await server.cpuMs()) - before) / RESUMES;
}
