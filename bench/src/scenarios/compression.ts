import { ours } from '../harness/contestants.js';
import { measureFanOut } from '../harness/fan-out.js';
import type { Scenario } from '../harness/report.js';

/** The budget's reference is the same stream uncompressed. */
export const compression: Scenario = {
  name: 'gzip',
  title: 'gzip to 1,000 clients, one event of 1 KB per turn',
  run: async () => {
    const rows = await measureFanOut({
      specs: [
        ours('fastify'),
        {
          ...ours('fastify', { isCompressed: true }, 'gzip'),
          isGzip: true,
        },
      ],
      connections: 1000,
      perTurn: 1,
      bytes: 1024,
      rounds: 6,
      deliveries: 100_000,
    });
    return rows.map(({ 'of raw http': ratio, ...row }) => ({
      ...row,
      'of uncompressed': ratio,
    })) as typeof rows;
  },
};
