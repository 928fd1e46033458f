import { startEngine, type EngineName } from '../harness/engines.js';
import { startPair } from '../harness/nodes.js';
import type { Row, Scenario } from '../harness/report.js';

/** How a node publishes, and how many events. */
const PACES = [
  { name: 'in a burst', events: 40_000, inFlight: 200, pauseMs: 0 },
  { name: 'alone', events: 2000, inFlight: 1, pauseMs: 1 },
];

export const nodeReading: Scenario = {
  name: 'node-reading',
  title:
    'the CPU of a node for one event that it publishes, and of one that reads it and has no clients',
  async run() {
    return [...(await measure('redis')), ...(await measure('nats'))];
  },
};

async function measure(engineName: EngineName): Promise<Row[]> {
  const engine = await startEngine(engineName);
  const pair = await startPair(engine, 'ours');
  const { publisher, deliverer: reader } = pair;
  const publish = (options: object): Promise<void> =>
    publisher.call('burst', { bytes: 130, ...options });
  // Compiles what is measured.
  await publish(PACES[0]!);
  const rows: Row[] = [];
  for (const { name, ...pace } of PACES) {
    const before = [await publisher.cpuMs(), await reader.cpuMs()];
    await publish(pace);
    // What is on its way to the reader belongs to it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = [await publisher.cpuMs(), await reader.cpuMs()];
    const [published, read] = after.map(
      (ms, index) => ((ms - before[index]!) * 1000) / pace.events,
    );
    rows.push({
      name: `${pair.name}, ${name}`,
      'CPU µs of the publisher': published!,
      'CPU µs of the reader': read!,
    });
  }
  await pair.stop();
  await engine.stop();
  return rows;
}
