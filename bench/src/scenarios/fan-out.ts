import { EVERYBODY } from '../harness/contestants.js';
import { measureFanOut } from '../harness/fan-out.js';
import type { Scenario } from '../harness/report.js';

/** Bursts that the budgets do not name are measured with one peer, to save time. */
const SOME = EVERYBODY.filter(({ name }) =>
  /raw http|nestjs|better-sse/.test(name),
);

function fanOut(perTurn: number): Scenario {
  const isBudget = perTurn === 1 || perTurn === 20;
  return {
    name: `fan-out-${perTurn}`,
    title: `${perTurn} event(s) per turn of the event loop, 100 B, 1,000 connections`,
    run: () =>
      measureFanOut({
        specs: isBudget ? EVERYBODY : SOME,
        nchan: isBudget,
        connections: 1000,
        perTurn,
        bytes: 100,
        rounds: perTurn === 1 ? 6 : 3,
        deliveries: perTurn === 1 ? 30_000 : 40_000,
      }),
  };
}

export const fanOuts: readonly Scenario[] = [1, 5, 20, 100].map(fanOut);
