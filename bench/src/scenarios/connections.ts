import { ours, RAW_HTTP } from '../harness/contestants.js';
import { measureFanOut } from '../harness/fan-out.js';
import type { Scenario } from '../harness/report.js';

/** 1,000 is what the fan-outs have. */
export const connections: readonly Scenario[] = [100, 8000].map((count) => ({
  name: `connections-${count}`,
  title: `one event per turn, 100 B, ${count.toLocaleString('en')} connections`,
  run: () =>
    measureFanOut({
      specs: [RAW_HTTP, ours('fastify')],
      connections: count,
      perTurn: 1,
      bytes: 100,
      rounds: 5,
      deliveries: 40_000,
    }),
}));
