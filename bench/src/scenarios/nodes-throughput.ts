import { Clients } from '../harness/clients.js';
import { startEngine, type EngineName } from '../harness/engines.js';
import { startPair, type NodePair } from '../harness/nodes.js';
import type { Row, Scenario } from '../harness/report.js';
import { median } from '../harness/statistics.js';

const EVENTS = 20_000;
const IN_FLIGHT = 200;
const ROUNDS = 7;

export const nodesThroughput: Scenario = {
  name: 'nodes-throughput',
  title: `one node publishes (${IN_FLIGHT} in flight), a client of the other gets it, against bare loops of the same engine commands`,
  async run() {
    return [...(await compare('redis')), ...(await compare('nats'))];
  },
};

async function compare(engineName: EngineName): Promise<Row[]> {
  const engine = await startEngine(engineName);
  const pairs = [
    await startPair(engine, 'bare'),
    await startPair(engine, 'ours'),
  ];
  const rates: number[][] = pairs.map(() => []);
  const cpuUs: number[][] = pairs.map(() => []);
  for (let round = -2; round < ROUNDS; round++) {
    for (const [index, pair] of pairs.entries()) {
      const { rate, cpu } = await measure(pair);
      if (round < 0) continue;
      rates[index]!.push(rate);
      cpuUs[index]!.push(cpu);
    }
  }
  for (const pair of pairs) await pair.stop();
  await engine.stop();
  return pairs.map(({ name }, index) => ({
    name,
    'events/s': Math.round(median(rates[index]!)),
    'of bare loop': median(
      rates[index]!.map((rate, round) => rate / rates[0]![round]!),
    ),
    'CPU µs per event, both nodes': median(cpuUs[index]!),
  }));
}

async function measure({
  publisher,
  deliverer,
}: NodePair): Promise<{ rate: number; cpu: number }> {
  const clients = await Clients.open({ ...deliverer, count: 1 });
  const cpuMs = async (): Promise<number> =>
    (await publisher.cpuMs()) + (await deliverer.cpuMs());
  const before = await cpuMs();
  const start = performance.now();
  await publisher.call('burst', {
    events: EVENTS,
    bytes: 130,
    inFlight: IN_FLIGHT,
  });
  while (clients.events < EVENTS)
    await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (performance.now() - start) / 1000;
  const cpu = ((await cpuMs()) - before) * 1000;
  await clients.close();
  return { rate: EVENTS / seconds, cpu: cpu / EVENTS };
}
