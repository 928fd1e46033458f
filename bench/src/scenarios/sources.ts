import { ours, RAW_HTTP } from '../harness/contestants.js';
import { measureFanOut } from '../harness/fan-out.js';
import type { Scenario } from '../harness/report.js';

export const sources: Scenario = {
  name: 'sources',
  title:
    'what a handler may put around the bus stream: one event per turn, 100 B, 1,000 connections',
  run: () =>
    measureFanOut({
      specs: [
        RAW_HTTP,
        ours('fastify', {}, 'plain'),
        ours('fastify', { source: 'operator' }, 'rxjs map'),
        ours('fastify', { source: 'filter' }, 'filter each'),
        ours('fastify', { source: 'validated' }, 'class-validated'),
        ours('fastify', { fastPath: false }, 'fastPath off'),
      ],
      connections: 1000,
      perTurn: 1,
      bytes: 100,
      rounds: 5,
      deliveries: 40_000,
    }),
};
