import { Clients } from '../harness/clients.js';
import { startEngine, type EngineName } from '../harness/engines.js';
import { startPair, type NodePair } from '../harness/nodes.js';
import type { Row, Scenario } from '../harness/report.js';
import { percentile } from '../harness/statistics.js';

const EVENTS = 2000;

export const nodesLatency: Scenario = {
  name: 'nodes-latency',
  title:
    'one event every few milliseconds: from its publication on one node to its arrival at a client of another',
  async run() {
    return [...(await compare('redis')), ...(await compare('nats'))];
  },
};

async function compare(engineName: EngineName): Promise<Row[]> {
  const engine = await startEngine(engineName);
  const rows: Row[] = [];
  for (const kind of ['bare', 'ours'] as const) {
    const pair = await startPair(engine, kind);
    rows.push(await measure(pair));
    await pair.stop();
  }
  await engine.stop();
  return rows;
}

async function measure({ name, publisher, deliverer }: NodePair): Promise<Row> {
  const clients = await Clients.open({ ...deliverer, count: 1 });
  const options = { bytes: 130, inFlight: 1, pauseMs: 2 };
  // Compiles what is measured.
  await publisher.call('burst', { ...options, events: 500 });
  clients.latencies = [];
  await publisher.call('burst', { ...options, events: EVENTS });
  const { latencies } = clients;
  await clients.close();
  return {
    name,
    'p50 ms': percentile(latencies, 0.5),
    'p99 ms': percentile(latencies, 0.99),
  };
}
