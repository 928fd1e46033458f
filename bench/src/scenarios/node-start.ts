import { OURS } from '../harness/contestants.js';
import { startEngine, type EngineName } from '../harness/engines.js';
import type { Row, Scenario } from '../harness/report.js';
import { startServer } from '../harness/server.js';
import { median } from '../harness/statistics.js';

const FILL = 100_000;
const ROUNDS = 5;

export const nodeStart: Scenario = {
  name: 'node-start',
  title: `start of a node whose log is empty, and one of ${FILL.toLocaleString('en')} events, of which its window takes the last 10,000`,
  async run() {
    return [...(await measure('redis')), ...(await measure('nats'))];
  },
};

async function measure(engineName: EngineName): Promise<Row[]> {
  const engine = await startEngine(engineName);
  const spec = {
    name: `${OURS} (${engineName})`,
    file: 'log-node',
    options: { url: engine.url },
  };
  const startOnce = async (): Promise<{ wallMs: number; cpuMs: number }> => {
    const start = performance.now();
    const server = await startServer(spec);
    const wallMs = performance.now() - start;
    const cpuMs = await server.cpuMs();
    await server.stop();
    return { wallMs, cpuMs };
  };
  const starts = async (): Promise<{ wallMs: number; cpuMs: number }[]> => {
    const all = [];
    for (let round = 0; round < ROUNDS; round++) all.push(await startOnce());
    return all;
  };
  const empty = await starts();
  const filler = await startServer(spec);
  await filler.call('burst', { events: FILL, bytes: 130, inFlight: 500 });
  await filler.stop();
  const full = await starts();
  await engine.stop();
  return [
    { name: `${spec.name}, empty log`, of: empty },
    { name: `${spec.name}, full window`, of: full },
  ].map(({ name, of }) => ({
    name,
    'ms until it listens': median(of.map(({ wallMs }) => wallMs)),
    'CPU ms': median(of.map(({ cpuMs }) => cpuMs)),
  }));
}
