import assert from 'node:assert/strict';
import type { Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import type { EventLog } from '../../log/event-log.js';
import {
  append,
  dataOf,
  entry,
  Follower,
  patterns,
  readAll,
  topics,
  type ContractTest,
} from './contract-test.js';

const TOPICS = ['a', 'a.b', 'a.b.c', 'x.b', 'x.b.c'] as const;

interface Filled {
  readonly before: Offset;
  /** Of each event: its data is its number. */
  readonly offsets: readonly Offset[];
}

/** Thirty events over five topics in turn. */
async function fill(log: EventLog): Promise<Filled> {
  const { head } = (await Follower.of(log)).tail;
  const offsets: Offset[] = [];
  for (let index = 0; index < 30; index++) {
    const topic = TOPICS[index % TOPICS.length]!;
    offsets.push(await append(log, entry(topic, index)));
  }
  return { before: head.offset, offsets };
}

function numbersOf(...wanted: string[]): number[] {
  return [...Array(30).keys()].filter((index) =>
    wanted.includes(TOPICS[index % TOPICS.length]!),
  );
}

const SELECTIONS: readonly [string, TopicSelector, number[]][] = [
  ['one topic', topics('a.b'), numbersOf('a.b')],
  ['several topics', topics('x.b', 'a'), numbersOf('a', 'x.b')],
  ['a pattern of one token', patterns('*.b'), numbersOf('a.b', 'x.b')],
  ['a pattern of the rest', patterns('a.>'), numbersOf('a.b', 'a.b.c')],
  [
    'patterns that overlap each other and a topic',
    { topics: ['a.b'], patterns: patterns('a.>', '*.b').patterns },
    numbersOf('a.b', 'a.b.c', 'x.b'),
  ],
  ['everything', patterns('>'), numbersOf(...TOPICS)],
  ['a topic without events', topics('none'), []],
];

/** Reading ranges. */
export function readContract(test: ContractTest): void {
  for (const [name, selector, expected] of SELECTIONS) {
    test(`R2 reads ${name}, each event once and in order, in steps of any size`, async (log) => {
      const { before, offsets } = await fill(log);
      for (const limit of [1, 2, 3, 7, 1000]) {
        const records = await readAll(log, {
          after: before,
          until: offsets.at(-1)!,
          selector,
          limit,
        });
        assert.deepEqual(dataOf(records), expected, `limit ${limit}`);
      }
    });
  }

  test('R2 reads after an offset, exclusive, until another one, inclusive', async (log) => {
    const { offsets } = await fill(log);
    const records = await readAll(log, {
      after: offsets[5]!,
      until: offsets[15]!,
      selector: topics('a'),
      limit: 100,
    });

    assert.deepEqual(dataOf(records), [10, 15]);
  });

  test('R2 gives the same ids by reading as by tailing', async (log) => {
    const follower = await Follower.of(log);
    const { before, offsets } = await fill(log);
    const live = await follower.until(30);
    const read = await readAll(log, {
      after: before,
      until: offsets.at(-1)!,
      selector: patterns('>'),
      limit: 11,
    });

    assert.deepEqual(
      read.map(({ id }) => id),
      live.map(({ id }) => id),
    );
  });

  test('R2 goes through the whole range where nothing matches', async (log) => {
    const { before, offsets } = await fill(log);
    const records = await readAll(log, {
      after: before,
      until: offsets.at(-1)!,
      selector: topics('none'),
      limit: 10,
    });

    assert.deepEqual(records, []);
  });

  test('R2 leaves nothing out that is appended while it reads', async (log) => {
    const follower = await Follower.of(log);
    const appends: Promise<unknown>[] = [];
    const read: unknown[] = [];
    let after = follower.tail.head.offset;
    for (let index = 0; index < 100; index++) {
      appends.push(log.append([entry('a', index)]));
      const until = follower.records.at(-1)?.offset ?? after;
      const records = await readAll(log, {
        after,
        until,
        selector: topics('a'),
        limit: 3,
      });
      read.push(...dataOf(records));
      after = Math.max(after, until);
    }
    await Promise.all(appends);
    const until = (await follower.until(100)).at(-1)!.offset!;
    const rest = await readAll(log, {
      after,
      until,
      selector: topics('a'),
      limit: 3,
    });

    assert.deepEqual([...read, ...dataOf(rest)], [...Array(100).keys()]);
  });

  test('W5 shows end records to those who name them only', async (log) => {
    const { head } = (await Follower.of(log)).tail;
    await append(log, entry('a.b', 'event'));
    const until = await append(log, entry('$end.a.b', 'end', { type: 'end' }));
    const range = { after: head.offset, until, limit: 10 };

    const named = topics('a.b', '$end.a.b');
    assert.deepEqual(
      dataOf(await readAll(log, { ...range, selector: named })),
      ['event', 'end'],
    );
    const all = patterns('>', '*.*', '*.a.b', '*.>');
    assert.deepEqual(dataOf(await readAll(log, { ...range, selector: all })), [
      'event',
    ]);
  });
}
