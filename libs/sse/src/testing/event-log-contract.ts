import type { EventLog } from '../log/event-log.js';
import { appendContract } from './contract/append-contract.js';
import { checkContract } from './contract/check-contract.js';
import {
  Follower,
  type ContractRetention,
  type ContractTest,
  type RetentionBound,
} from './contract/contract-test.js';
import { readContract } from './contract/read-contract.js';
import { retentionContract } from './contract/retention-contract.js';
import { tailContract } from './contract/tail-contract.js';

export type { ContractRetention, RetentionBound };

/** Opens an empty log for one test, with nothing of another test in it. */
export type EventLogFactory = (
  retention?: ContractRetention,
) => EventLog | Promise<EventLog>;

/** What a log is able to do, as far as the contract asks. */
export interface ContractOptions {
  /**
   * The bounds that the factory passes on to its log; each is tested.
   * @default none
   */
  readonly retention?: readonly RetentionBound[] | undefined;
  /**
   * Groups tests; for frameworks without globals.
   * @default the global `describe` of Jest, Vitest or Mocha
   */
  readonly describe?: ((name: string, body: () => void) => void) | undefined;
  /**
   * Declares a test; for frameworks without globals.
   * @default the global `it`
   */
  readonly it?: ((name: string, body: () => Promise<void>) => void) | undefined;
}

/**
 * The contract of every event log, as tests: order, ids, tails, reads, cursors, message ids, transient
 * events, retention and close. What the library promises rests on it, on your own log as on ours.
 *
 * @param name what the group of tests is called
 * @param open opens an empty log for each test
 * @throws TypeError where there is no global `describe` and `it`, and none was given
 *
 * @example
 * import { memoryEventLog } from 'nestjs-event-stream';
 * import { describeEventLog } from 'nestjs-event-stream/testing';
 *
 * describeEventLog('the memory log', (retention) => memoryEventLog(retention), {
 *   retention: ['maxEvents', 'maxAgeMs', 'maxBytes', 'perPattern'],
 * });
 *
 * @example
 * // node:test has no globals
 * import { describe, it } from 'node:test';
 *
 * describeEventLog('my log', () => openMyLog(), { describe, it });
 */
export function describeEventLog(
  name: string,
  open: EventLogFactory,
  options: ContractOptions = {},
): void {
  const describe = options.describe ?? globalOf('describe');
  const it = options.it ?? globalOf('it');
  const test: ContractTest = (title, body, retention) =>
    it(title, async () => {
      const log = await open(retention);
      try {
        await body(log);
      } finally {
        await Follower.stopAll(log);
        await log.close();
      }
    });
  describe(name, () => {
    appendContract(test);
    tailContract(test);
    readContract(test);
    checkContract(test);
    retentionContract(test, options.retention ?? []);
  });
}

function globalOf<N extends 'describe' | 'it'>(
  name: N,
): NonNullable<ContractOptions[N]> {
  const found = (globalThis as { [name: string]: unknown })[name];
  if (typeof found === 'function')
    return found as NonNullable<ContractOptions[N]>;
  throw new TypeError(
    `describeEventLog() found no global ${name}(): pass { describe, it } of your test framework.`,
  );
}
