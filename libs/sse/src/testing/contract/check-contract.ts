import assert from 'node:assert/strict';
import {
  append,
  entry,
  Follower,
  patterns,
  topics,
  type ContractTest,
} from './contract-test.js';

/** Offsets that have the form of a cursor's part and are none. */
const HOSTILE_OFFSETS = [
  '__proto__',
  'constructor',
  'NaN',
  'Infinity',
  '-1',
  '-0',
  '1e3',
  '0x10',
  '1_000',
  '9'.repeat(48),
  '9007199254740993',
  'a'.repeat(48),
] as const;

/** What the log says of cursors. */
export function checkContract(test: ContractTest): void {
  test('R2 finds every cursor complete that it gave out and still has all events after', async (log) => {
    const { head } = (await Follower.of(log)).tail;
    const offsets = [head.offset];
    for (let index = 0; index < 5; index++)
      offsets.push(await append(log, entry(`topic.${index % 2}`, index)));

    for (const offset of offsets) {
      for (const selector of [topics('topic.0', 'none'), patterns('topic.*')]) {
        const cursor = { epoch: head.epoch, offset: String(offset) };
        assert.deepEqual(await log.check(cursor, selector), {
          state: 'complete',
          offset,
        });
      }
    }
  });

  test('R3 knows a cursor that the log never got to', async (log) => {
    const { head } = (await Follower.of(log)).tail;
    const offset = await append(log, entry('a', 1));
    const cursor = { epoch: head.epoch, offset: String(offset + 1) };

    assert.deepEqual(await log.check(cursor, topics('a')), { state: 'ahead' });
  });

  test('R3 knows a cursor of another epoch, whatever its offset', async (log) => {
    const offset = await append(log, entry('a', 1));
    for (const one of [String(offset), '0', '999999', ...HOSTILE_OFFSETS]) {
      const check = await log.check(
        { epoch: 'another', offset: one },
        topics('a'),
      );
      assert.deepEqual(check, { state: 'epoch' }, one);
    }
  });

  test('R3 takes no hostile offset for a place, and throws at none', async (log) => {
    const { head } = (await Follower.of(log)).tail;
    await append(log, entry('a', 1));
    for (const offset of HOSTILE_OFFSETS) {
      const { state } = await log.check(
        { epoch: head.epoch, offset },
        topics('a'),
      );
      assert.ok(['malformed', 'ahead'].includes(state), `${offset}: ${state}`);
    }
  });
}
