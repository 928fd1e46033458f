import { Redis } from 'ioredis';
import { startEngine } from '../harness/engines.js';
import { addEntries, STREAM_KEY } from '../harness/entries.js';
import { cpuMsOf } from '../harness/process-cpu.js';
import type { Row, Scenario } from '../harness/report.js';

const READERS = [0, 1, 10, 50];
const TOGETHER = 40_000;
const ALONE = 4000;

export const redisReaders: Scenario = {
  name: 'redis-readers',
  title:
    'the CPU of Redis for one event, with bare readers as many as there are nodes: 200 XADD in flight, and one after the other',
  async run() {
    const rows: Row[] = [];
    for (const readers of READERS) rows.push(await measure(readers));
    return rows;
  },
};

async function measure(readers: number): Promise<Row> {
  const engine = await startEngine('redis');
  const writer = new Redis(engine.url);
  const all = Array.from(
    { length: readers },
    () => new Reader(new Redis(engine.url)),
  );
  await addEntries(writer, 2000, 200);
  await settled(all);
  const cpuUs = async (count: number, inFlight: number): Promise<number> => {
    for (const reader of all) reader.entries = 0;
    const before = cpuMsOf(engine.pid);
    await addEntries(writer, count, inFlight);
    while (all.some(({ entries }) => entries < count))
      await new Promise((resolve) => setTimeout(resolve, 5));
    return ((cpuMsOf(engine.pid) - before) * 1000) / count;
  };
  const row = {
    name: `${readers} readers`,
    'µs in a burst': await cpuUs(TOGETHER, 200),
    'µs alone': await cpuUs(ALONE, 1),
  };
  for (const reader of all) reader.stop();
  writer.disconnect();
  await engine.stop();
  return row;
}

/** Until nobody reads any more of what is there. */
async function settled(readers: readonly Reader[]): Promise<void> {
  const total = (): number =>
    readers.reduce((sum, { entries }) => sum + entries, 0);
  for (let before = -1; before !== total();) {
    before = total();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

class Reader {
  entries = 0;
  #isStopped = false;

  constructor(private readonly client: Redis) {
    void this.#read();
  }

  stop(): void {
    this.#isStopped = true;
    this.client.disconnect();
  }

  async #read(): Promise<void> {
    for (let last = '0'; ;) {
      const reply = await this.client
        .xread('COUNT', 1000, 'BLOCK', 1000, 'STREAMS', STREAM_KEY, last)
        .catch((error: unknown) => {
          if (!this.#isStopped) throw error;
          return undefined;
        });
      if (reply === undefined) return;
      const [, entries] = reply?.[0] ?? [];
      if (entries === undefined) continue;
      this.entries += entries.length;
      last = entries.at(-1)![0];
    }
  }
}
