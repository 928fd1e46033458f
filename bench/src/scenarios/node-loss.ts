import { Clients } from '../harness/clients.js';
import { startEngine, type EngineName } from '../harness/engines.js';
import { startPair } from '../harness/nodes.js';
import { cpuMsOf } from '../harness/process-cpu.js';
import type { Row, Scenario } from '../harness/report.js';

const CLIENTS = 5000;
const MISSED = 100;

export const nodeLoss: Scenario = {
  name: 'node-loss',
  title: `a node dies, and its ${CLIENTS.toLocaleString('en')} clients come back to the other at once, each for ${MISSED} missed events`,
  async run() {
    return [await measure('redis'), await measure('nats')];
  },
};

async function measure(engineName: EngineName): Promise<Row> {
  const engine = await startEngine(engineName);
  const {
    name,
    publisher: lost,
    deliverer: left,
  } = await startPair(engine, 'ours');
  const first = await Clients.open({ ...lost, count: CLIENTS });
  const cursor = await left.call<string>('publishOne');
  await lost.stop();
  while (first.closed < CLIENTS)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await left.call('burst', { events: MISSED, bytes: 130, inFlight: 10 });

  const engineCpu = cpuMsOf(engine.pid);
  const cpu = await left.cpuMs();
  const start = performance.now();
  const clients = await Clients.open({
    ...left,
    headers: { 'Last-Event-ID': cursor },
    count: CLIENTS,
  });
  while (clients.events < CLIENTS * MISSED)
    await new Promise((resolve) => setTimeout(resolve, 5));
  const wallMs = performance.now() - start;
  const cpuMs = (await left.cpuMs()) - cpu;
  const engineCpuMs = cpuMsOf(engine.pid) - engineCpu;
  await clients.close();
  await left.stop();
  await engine.stop();
  if (clients.events !== CLIENTS * MISSED)
    throw new Error(`${clients.events} events were replayed`);
  return {
    name,
    'CPU ms per client': cpuMs / CLIENTS,
    'all caught up after s': wallMs / 1000,
    'CPU ms of the engine': engineCpuMs,
  };
}
