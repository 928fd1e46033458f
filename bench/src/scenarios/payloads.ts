import { ours, RAW_HTTP } from '../harness/contestants.js';
import { measureFanOut } from '../harness/fan-out.js';
import type { Scenario } from '../harness/report.js';

/** 100 B is what the fan-outs have. */
export const payloads: readonly Scenario[] = [1024, 16 * 1024].map((bytes) => ({
  name: `payload-${bytes / 1024}k`,
  title: `one event per turn, ${bytes / 1024} KB, 1,000 connections`,
  run: () =>
    measureFanOut({
      specs: [RAW_HTTP, ours('express'), ours('fastify')],
      connections: 1000,
      perTurn: 1,
      bytes,
      rounds: 5,
      deliveries: 30_000,
    }),
}));
