import { startAll, stopAll } from '../harness/contestants.js';
import type { Scenario } from '../harness/report.js';
import { median } from '../harness/statistics.js';

const EVENTS = 20_000;
const ROUNDS = 9;

export const publishTopics: Scenario = {
  name: 'publish-topics',
  title:
    'a publish that one subscriber gets, with 100,000 other topics and 10,000 patterns subscribed',
  async run() {
    const servers = await startAll([
      {
        name: 'nothing else',
        file: 'bus',
        options: { topics: 0, patterns: 0 },
      },
      {
        name: '100,000 topics',
        file: 'bus',
        options: { topics: 100_000, patterns: 0 },
      },
      {
        name: '100,000 topics, 10,000 patterns',
        file: 'bus',
        options: { topics: 100_000, patterns: 10_000 },
      },
    ]);
    const times: number[][] = servers.map(() => []);
    for (let round = -2; round < ROUNDS; round++) {
      for (const [index, server] of servers.entries()) {
        const time = await server.call<number>('publishMany', EVENTS);
        if (round >= 0) times[index]!.push(time);
      }
    }
    await stopAll(servers);
    return servers.map(({ name }, index) => ({
      name,
      'CPU µs per publish': median(times[index]!),
      'of nothing else': median(
        times[index]!.map((time, round) => time / times[0]![round]!),
      ),
    }));
  },
};
