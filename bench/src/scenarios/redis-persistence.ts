import { Redis } from 'ioredis';
import { startEngine, type Engine } from '../harness/engines.js';
import { addEntries } from '../harness/entries.js';
import type { Scenario } from '../harness/report.js';
import { median } from '../harness/statistics.js';

const ENTRIES = 20_000;
const ALONE = 500;
const ROUNDS = 5;

const SETTINGS = {
  'no persistence': [],
  'appendfsync everysec': ['--appendonly', 'yes', '--appendfsync', 'everysec'],
  'appendfsync always': ['--appendonly', 'yes', '--appendfsync', 'always'],
};

interface Contest {
  readonly name: string;
  readonly engine: Engine;
  readonly client: Redis;
  readonly rates: number[];
  readonly times: number[];
}

export const redisPersistence: Scenario = {
  name: 'redis-persistence',
  title: `what Redis's persistence costs: ${ENTRIES.toLocaleString('en')} XADD with 200 in flight, and one after the other`,
  async run() {
    const contests: Contest[] = [];
    for (const [name, settings] of Object.entries(SETTINGS)) {
      const engine = await startEngine('redis', settings);
      const client = new Redis(engine.url);
      contests.push({ name, engine, client, rates: [], times: [] });
    }
    for (let round = -1; round < ROUNDS; round++) {
      for (const { client, rates, times } of contests) {
        const together = await addEntries(client, ENTRIES, 200);
        const alone = await addEntries(client, ALONE, 1);
        if (round < 0) continue;
        rates.push(ENTRIES / (together / 1000));
        times.push(alone / ALONE);
      }
    }
    for (const { client, engine } of contests) {
      client.disconnect();
      await engine.stop();
    }
    return contests.map(({ name, rates, times }) => ({
      name,
      'XADD/s': Math.round(median(rates)),
      'ms for one alone': median(times),
    }));
  },
};
