import assert from 'node:assert/strict';
import { endTopicOf } from '../../log/control-topic.js';
import {
  append,
  dataOf,
  entry,
  Follower,
  readAll,
  topics,
  type ContractTest,
} from './contract-test.js';

/** Following the log. */
export function tailContract(test: ContractTest): void {
  test('B1 shows every tail the same events in the same order', async (log) => {
    const first = await Follower.of(log);
    const second = await Follower.of(log);
    await Promise.all(
      [1, 2, 3].map((data) => log.append([entry(`topic.${data}`, data)])),
    );

    const ids = (await first.until(3)).map(({ id }) => id);
    assert.deepEqual(
      (await second.until(3)).map(({ id }) => id),
      ids,
    );
  });

  test('R2 follows from the head: nothing of before, nothing left out', async (log) => {
    await log.append([entry('a', 1), entry('a', 2)]);
    const early = log.append([entry('a', 3)]);
    const follower = await Follower.of(log);
    await early;
    const offset = await append(log, entry('a', 4));
    const seen = new Set<unknown>();
    while (!seen.has(4)) {
      await follower.until(seen.size + 1);
      for (const data of dataOf(follower.records)) seen.add(data);
    }

    // What is after the head by reading is what the tail showed.
    const read = await readAll(log, {
      after: follower.tail.head.offset,
      until: offset,
      selector: topics('a'),
      limit: 10,
    });
    assert.deepEqual(dataOf(follower.records), dataOf(read));
    assert.ok(!seen.has(1) && !seen.has(2));
  });

  test('R3 has one epoch, in its head and in every id', async (log) => {
    const follower = await Follower.of(log);
    await log.append([entry('a', 1)]);
    const other = await Follower.of(log);
    const [record] = await follower.until(1);
    const { epoch } = follower.tail.head;

    assert.match(epoch, /^[A-Za-z0-9_-]{1,32}$/);
    assert.equal(record!.epoch, epoch);
    assert.equal(record!.id, `${epoch}.${record!.offset}`);
    assert.deepEqual(other.tail.head, { epoch, offset: record!.offset });
  });

  test('W5 tells a tail that begins which topics have ended before, if it knows', async (log) => {
    const end = (topic: string) => entry(endTopicOf(topic), null);
    await append(log, entry('a', 1));
    const endOfA = await append(log, end('a'));
    const endOfB = await append(log, end('b'));
    const beginOfB = await append(log, entry('b', 2));
    await append(log, entry('b', 3));
    await append(log, entry('c', 4));
    const { ends } = (await Follower.of(log)).tail;
    if (ends === undefined) return;

    const places = new Map(ends.map((one) => [one.topic, one.places]));
    assert.deepEqual(places.get('a'), [endOfA]);
    assert.deepEqual(places.get('b'), [endOfB, beginOfB]);
    assert.equal(places.has('c'), false);
  });

  test('C2 tells a tail nothing more once it was stopped', async (log) => {
    const stopped = await Follower.of(log);
    const other = await Follower.of(log);
    await log.append([entry('a', 1)]);
    await stopped.until(1);
    await stopped.tail.stop();
    await log.append([entry('a', 2)]);
    await other.until(2);

    assert.deepEqual(dataOf(stopped.records), [1]);
  });

  test('B1 takes what is appended while it tells of an event, and tells of it afterwards', async (log) => {
    const order: unknown[] = [];
    let done: () => void;
    const finished = new Promise<void>((resolve) => (done = resolve));
    const tail = await log.tail({
      onReset: () => undefined,
      onRecords: (records) => {
        for (const data of dataOf(records)) {
          order.push(data);
          if (data === 1) {
            void log.append([entry('a', 3)]);
            order.push('returned');
          }
          if (data === 3) done();
        }
      },
    });
    await log.append([entry('a', 1), entry('a', 2)]);
    await finished;
    await tail.stop();

    assert.deepEqual(order, [1, 'returned', 2, 3]);
  });
}
