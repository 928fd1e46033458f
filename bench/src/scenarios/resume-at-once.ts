import { Clients } from '../harness/clients.js';
import { OURS, ours, startAll, stopAll } from '../harness/contestants.js';
import type { Row, Scenario } from '../harness/report.js';
import type { Server } from '../harness/server.js';

interface Case {
  readonly name: string;
  readonly clients: number;
  /** The events that are missed, in turns of the topics that each client has. */
  readonly topics: number;
  readonly events: number;
}

const CASES: readonly Case[] = [
  // What it takes to begin so many requests, whatever is read for them afterwards.
  {
    name: '300 clients that missed nothing',
    clients: 300,
    topics: 1,
    events: 0,
  },
  { name: '300 clients', clients: 300, topics: 1, events: 10_000 },
  { name: '600 clients', clients: 600, topics: 1, events: 10_000 },
  {
    name: '100 clients, 1,000 topics',
    clients: 100,
    topics: 1000,
    events: 10_000,
  },
];

export const resumeAtOnce: Scenario = {
  name: 'resume-at-once',
  title: 'clients that come back at once, each for 10,000 missed events',
  async run() {
    const rows: Row[] = [];
    for (const one of CASES) {
      const [server] = await startAll([ours('fastify', { maxEvents: 20_000 })]);
      rows.push(await measure(server!, one));
      await stopAll([server!]);
    }
    return rows;
  },
};

async function measure(
  server: Server,
  { name, clients: count, topics, events }: Case,
): Promise<Row> {
  const filling = { topics, events, bytes: 100 };
  const cursor = await server.call<string>('fill', filling);
  const options = {
    ...server,
    path: `/many?topics=${topics}`,
    headers: { 'Last-Event-ID': cursor },
    readyWhen: 'HTTP/1.1 200',
  };
  // Compiles what is measured.
  await (await Clients.open({ ...options, count: 20 })).close();
  await server.call('watchTurns');
  const start = performance.now();
  const clients = await Clients.open({ ...options, count });
  while (clients.events < count * events)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const wallMs = performance.now() - start;
  const longest = await server.call<number>('longestTurnMs');
  await clients.close();
  return {
    name: `${OURS}: ${name}`,
    'longest turn, CPU ms': longest,
    'all caught up after s': wallMs / 1000,
  };
}
