import { Clients } from '../harness/clients.js';
import { OURS, ours, startAll, stopAll } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import type { Server } from '../harness/server.js';
import { median } from '../harness/statistics.js';

const MISSED = 1000;
const RESUMES = 40;
const ROUNDS = 5;

/** How many topics the missed events of a client are spread over. */
const TOPICS = [1, 10, 1000];

export const manyTopics: Scenario = {
  name: 'many-topics',
  title: `a client that comes back for ${MISSED.toLocaleString('en')} missed events of 1 to 1,000 topics, memory log`,
  async run() {
    const servers = await startAll(TOPICS.map(() => ours('fastify')));
    const cursors: string[] = [];
    for (const [index, topics] of TOPICS.entries()) {
      const filling = { topics, events: MISSED, bytes: 100 };
      cursors.push(await servers[index]!.call<string>('fill', filling));
    }
    const times: number[][] = TOPICS.map(() => []);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [index, topics] of TOPICS.entries()) {
        const cursor = cursors[index]!;
        const time = await cpuOfResumes(servers[index]!, topics, cursor);
        if (round >= 0) times[index]!.push(time);
      }
    }
    await stopAll(servers);
    return TOPICS.map((topics, index): Row => ({
      name: `${OURS}: ${topics} topics`,
      'CPU ms per resume': median(times[index]!),
      'of one topic': median(
        times[index]!.map((time, round) => time / times[0]![round]!),
      ),
    }));
  },
};

async function cpuOfResumes(
  server: Server,
  topics: number,
  cursor: string,
): Promise<number> {
  const before = await server.cpuMs();
  for (let count = 0; count < RESUMES; count++) {
    const clients = await Clients.open({
      ...server,
      path: `/many?topics=${topics}`,
      headers: { 'Last-Event-ID': cursor },
      count: 1,
    });
    if (clients.events !== MISSED)
      throw new Error(`${clients.events} events were replayed`);
    await clients.close();
  }
  return ((await server.cpuMs()) - before) / RESUMES;
}
