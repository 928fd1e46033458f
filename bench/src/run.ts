import { parseArgs } from 'node:util';
import { hasNchan, NCHAN_MISSING } from './harness/nchan.js';
import { formatTable, type Scenario } from './harness/report.js';
import { churn } from './scenarios/churn.js';
import { compression } from './scenarios/compression.js';
import { connections } from './scenarios/connections.js';
import { fanOuts } from './scenarios/fan-out.js';
import { heartbeats } from './scenarios/heartbeats.js';
import { idleMemory } from './scenarios/idle-memory.js';
import { manyTopics } from './scenarios/many-topics.js';
import { nodeLoss } from './scenarios/node-loss.js';
import { nodeReading } from './scenarios/node-reading.js';
import { nodeStart } from './scenarios/node-start.js';
import { nodesLatency } from './scenarios/nodes-latency.js';
import { nodesThroughput } from './scenarios/nodes-throughput.js';
import { payloads } from './scenarios/payloads.js';
import { publishTopics } from './scenarios/publish-topics.js';
import { reconnectStorm } from './scenarios/reconnect-storm.js';
import { redisPersistence } from './scenarios/redis-persistence.js';
import { redisReaders } from './scenarios/redis-readers.js';
import { resumeAtOnce } from './scenarios/resume-at-once.js';
import { resume } from './scenarios/resume.js';
import { slowReaders } from './scenarios/slow-readers.js';
import { sources } from './scenarios/sources.js';
import { stalledReader } from './scenarios/stalled-reader.js';

const scenarios: readonly Scenario[] = [
  ...fanOuts,
  ...payloads,
  ...connections,
  compression,
  sources,
  idleMemory,
  publishTopics,
  resume,
  manyTopics,
  resumeAtOnce,
  reconnectStorm,
  heartbeats,
  churn,
  stalledReader,
  slowReaders,
  nodesThroughput,
  nodesLatency,
  nodeStart,
  nodeLoss,
  nodeReading,
  redisReaders,
  redisPersistence,
];

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

if (values.list) {
  for (const { name, title } of scenarios) console.log(`${name}: ${title}`);
} else {
  const wanted = values.scenario ?? scenarios.map(({ name }) => name);
  const results: Record<string, unknown> = {};
  if (!hasNchan()) console.error(NCHAN_MISSING);
  for (const name of wanted) {
    const scenario = scenarios.find((one) => one.name === name);
    if (scenario === undefined)
      throw new Error(`No scenario ${name}. See --list.`);
    const start = performance.now();
    const rows = await scenario.run();
    results[name] = { title: scenario.title, rows };
    if (values.json) continue;
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`\n${name}: ${scenario.title} (${seconds} s)\n`);
    console.log(formatTable(rows));
  }
  if (values.json) console.log(JSON.stringify(results, null, 2));
}
