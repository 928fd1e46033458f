import assert from 'node:assert/strict';
import type { Offset } from '../../event/event-record.js';
import type { EventLog, LogPosition } from '../../log/event-log.js';
import {
  append,
  dataOf,
  entry,
  Follower,
  readAll,
  topics,
  type ContractTest,
  type RetentionBound,
} from './contract-test.js';

/** Logs may trim in steps: many times the bound has to be enough for the oldest to go. */
const ENOUGH = 5_000;

/** What goes when, and how the log says so. */
export function retentionContract(
  test: ContractTest,
  supported: readonly RetentionBound[],
): void {
  const when = (bound: RetentionBound, ...rest: Parameters<ContractTest>) => {
    if (supported.includes(bound)) test(...rest);
  };

  when(
    'maxEvents',
    'B7 drops the oldest by count, and says so to cursors and reads from before',
    async (log) => {
      const { head } = (await Follower.of(log)).tail;
      const first = await append(log, entry('a', 'first'));
      const offsets = await appendUntilDropped(log, head, 'a', 'x');
      await assertDropped(log, head, 'a', first);

      // The newest are all there.
      const after = offsets.at(-11)!;
      const kept = await readAll(log, {
        after,
        until: offsets.at(-1)!,
        selector: topics('a'),
        limit: 100,
      });
      assert.equal(kept.length, 10);
      const cursor = { epoch: head.epoch, offset: String(after) };
      assert.equal((await log.check(cursor, topics('a'))).state, 'complete');
    },
    { maxEvents: 10 },
  );

  when(
    'maxBytes',
    'B7 drops the oldest by bytes, and says so',
    async (log) => {
      const { head } = (await Follower.of(log)).tail;
      const first = await append(log, entry('a', 'first'));
      await appendUntilDropped(log, head, 'a', 'x'.repeat(1000));
      await assertDropped(log, head, 'a', first);
    },
    { maxBytes: 10_000 },
  );

  when(
    'maxAgeMs',
    'B7 drops the oldest by age, and says so',
    async (log) => {
      const { head } = (await Follower.of(log)).tail;
      const first = await append(log, entry('a', 'first'));
      while ((await stateOf(log, head, 'a')) !== 'truncated') {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await append(log, entry('a', 'later'));
      }
      await assertDropped(log, head, 'a', first);
    },
    { maxAgeMs: 50 },
  );

  when(
    'perPattern',
    'B7 does not let a noisy topic evict the others',
    async (log) => {
      const { head } = (await Follower.of(log)).tail;
      await append(log, entry('quiet', 'kept'));
      await append(log, entry('noisy.1', 'dropped'));
      const offsets = await appendUntilDropped(log, head, 'noisy.1', 'x');
      const kept = await readAll(log, {
        after: head.offset,
        until: offsets.at(-1)!,
        selector: topics('quiet'),
        limit: 100,
      });

      assert.equal(await stateOf(log, head, 'noisy.1'), 'truncated');
      assert.equal(await stateOf(log, head, 'quiet'), 'complete');
      assert.deepEqual(dataOf(kept), ['kept']);
    },
    { maxEvents: 10, perPattern: { 'noisy.*': { maxEvents: 10 } } },
  );
}

async function appendUntilDropped(
  log: EventLog,
  head: LogPosition,
  topic: string,
  data: string,
): Promise<Offset[]> {
  const offsets: Offset[] = [];
  while ((await stateOf(log, head, topic)) !== 'truncated') {
    assert.ok(offsets.length < ENOUGH, `${ENOUGH} events dropped nothing`);
    const batch = Array.from({ length: 20 }, () => entry(topic, data));
    for (const result of await log.append(batch))
      offsets.push(Number(result!.id.slice(head.epoch.length + 1)));
  }
  return offsets;
}

async function stateOf(
  log: EventLog,
  { epoch, offset }: LogPosition,
  topic: string,
): Promise<string> {
  const cursor = { epoch, offset: String(offset) };
  return (await log.check(cursor, topics(topic))).state;
}

async function assertDropped(
  log: EventLog,
  head: LogPosition,
  topic: string,
  first: Offset,
): Promise<void> {
  assert.equal(await stateOf(log, head, topic), 'truncated');
  const { records, truncated } = await log.read({
    after: first - 1,
    until: first,
    selector: topics(topic),
    limit: 10,
  });
  assert.deepEqual([records, truncated], [[], true]);
}
