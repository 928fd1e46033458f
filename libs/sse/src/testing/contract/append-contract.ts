import assert from 'node:assert/strict';
import {
  append,
  dataOf,
  entry,
  Follower,
  offsetOf,
  readAll,
  topics,
  type ContractTest,
} from './contract-test.js';

/** Order, ids, message ids, and what is kept. */
export function appendContract(test: ContractTest): void {
  test('B1 appends in call order, with offsets that grow', async (log) => {
    const follower = await Follower.of(log);
    const appends = Array.from({ length: 50 }, (_, index) =>
      log.append([entry(`topic.${index % 3}`, index)]),
    );
    const results = (await Promise.all(appends)).flat();
    const records = await follower.until(50);

    assert.deepEqual(dataOf(records), [...Array(50).keys()]);
    const offsets = results.map(offsetOf);
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(offsets).size, 50);
    assert.ok(offsets.every((offset) => Number.isSafeInteger(offset)));
  });

  test('B1 appends a batch as one, in its order', async (log) => {
    const follower = await Follower.of(log);
    const results = await Promise.all([
      log.append([entry('a', 1), entry('b', 2), entry('a', 3)]),
      log.append([entry('a', 4), entry('b', 5)]),
    ]);
    const records = await follower.until(5);

    assert.deepEqual(dataOf(records), [1, 2, 3, 4, 5]);
    assert.deepEqual(
      results.flat().map((result) => result?.id),
      records.map(({ id }) => id),
    );
  });

  test('B1 appends nothing for an empty batch', async (log) => {
    const follower = await Follower.of(log);
    assert.deepEqual(await log.append([]), []);
    await append(log, entry('a', 'marker'));

    assert.deepEqual(dataOf(await follower.until(1)), ['marker']);
  });

  test('B6 keeps topic, type, JSON text, time, message id and trace as they are', async (log) => {
    const follower = await Follower.of(log);
    const original = {
      topic: 'orders.42:a@b=c-d_e',
      type: 'größe.geändert ✓',
      json: '{"text":"ä\\n\\u0000\\ud83d\\ude00","n":1e-7,"__proto__":{"a":1}}',
      publishedAt: Date.now() - 1_234,
      messageId: 'message-1',
      trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    const offset = await append(log, original);
    const [live] = await follower.until(1);
    const [kept] = await readAll(log, {
      after: offset - 1,
      until: offset,
      selector: topics(original.topic),
      limit: 10,
    });

    for (const record of [live, kept]) {
      assert.ok(record !== undefined);
      const { topic, type, json, publishedAt, messageId, trace } = record;
      assert.deepEqual(
        { topic, type, json, publishedAt, messageId, trace },
        original,
      );
      assert.equal(record.offset, offset);
    }
  });

  test('B2 has an event in the log once append has resolved', async (log) => {
    const { head } = (await Follower.of(log)).tail;
    const offset = await append(log, entry('a', 1));
    const records = await readAll(log, {
      after: head.offset,
      until: offset,
      selector: topics('a'),
      limit: 10,
    });

    assert.deepEqual(dataOf(records), [1]);
  });

  test('B2 never doubles a message id, whether it comes again later, at once or in one batch', async (log) => {
    const follower = await Follower.of(log);
    const messageId = 'once';
    const [first, second] = await Promise.all([
      log.append([entry('a', 1, { messageId })]),
      log.append([entry('a', 1, { messageId })]),
    ]);
    const third = await log.append([
      entry('a', 1, { messageId }),
      entry('a', 2, { messageId: 'twice' }),
      entry('a', 2, { messageId: 'twice' }),
      entry('a', 'marker'),
    ]);
    const records = await follower.until(3);

    assert.deepEqual(dataOf(records), [1, 2, 'marker']);
    assert.deepEqual(second, first);
    assert.deepEqual(third[0], first[0]);
    assert.deepEqual(third[2], third[1]);
  });

  test('R6 passes transient entries on in their order, and keeps none', async (log) => {
    const follower = await Follower.of(log);
    const results = await log.append([
      entry('a', 1),
      entry('a', 'transient', { transient: true }),
      entry('a', 2),
    ]);
    const records = await follower.until(3);
    const kept = await readAll(log, {
      after: follower.tail.head.offset,
      until: offsetOf(results[2]),
      selector: topics('a'),
      limit: 10,
    });

    assert.deepEqual(dataOf(records), [1, 'transient', 2]);
    assert.deepEqual([results[1], records[1]!.id], [undefined, undefined]);
    assert.deepEqual(dataOf(kept), [1, 2]);
  });

  test('B2 refuses to append once it is closed', async (log) => {
    await log.close();
    await assert.rejects(log.append([entry('a', 1)]), {
      code: 'PUBLISH_REJECTED',
    });
  });

  test('C5 may be closed twice', async (log) => {
    await log.close();
    await log.close();
  });
}
