import { jest } from '@jest/globals';
import { EventRecord } from '../../event/event-record.js';
import type { EventLog, ReadQuery } from '../../log/event-log.js';
import { LogReplay, type ReplayListener } from './log-replay.js';
import { ReadScheduler } from './read-scheduler.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { BusContext } from '../fan-out/bus-context.js';

const HEAD = 100;

/** A log in which nothing is for this reader, and of which a read looks at ten records. */
const emptyLog = {
  read: ({ after, until }: ReadQuery) => ({
    records: [],
    through: Math.min(after + 10, until),
    truncated: false,
  }),
} as unknown as EventLog;

function recordAt(offset: number): EventRecord {
  return new EventRecord({
    topic: 'a',
    type: 'message',
    json: '1',
    publishedAt: 0,
    epoch: 'e',
    offset,
  });
}

/** A log in which everything is for the reader. */
const fullLog = {
  read: ({ after, until, limit }: ReadQuery) => {
    const through = Math.min(after + limit, until);
    const records = Array.from({ length: through - after }, (_, index) =>
      recordAt(after + index + 1),
    );
    return { records, through, truncated: false };
  },
} as unknown as EventLog;

const binding = { isWritable: true } as unknown as ConnectionPort;

/** A reader that keeps count, and takes some time for each record. */
class Reader implements ReplayListener {
  position = 0;
  readonly selector = { topics: ['a'], patterns: [] };
  readonly readSelector = this.selector;
  isCaughtUp = false;
  readonly taken: number[] = [];
  error: unknown;

  constructor(
    private readonly onTake: () => void = () => undefined,
    readonly end = HEAD,
  ) {}

  onRecord(record: EventRecord): void {
    this.onTake();
    this.taken.push(record.order);
    this.position = record.order;
  }

  onRead(through: number): void {
    this.position = through;
  }

  onTruncated(): void {}

  onCaughtUp(): void {
    this.isCaughtUp = true;
  }

  onReadError(error: unknown): void {
    this.error = error;
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

describe('reading the log', () => {
  let now = 0;

  beforeEach(() => {
    now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
  });

  afterEach(() => jest.restoreAllMocks());

  const contextOf = (log: EventLog, head = HEAD): BusContext =>
    ({
      log,
      tail: { offset: head },
      reads: new ReadScheduler(),
    }) as unknown as BusContext;

  /** Each look at the clock is so much later. */
  const slowDown = (ms: number): void => {
    jest.spyOn(performance, 'now').mockImplementation(() => (now += ms));
  };

  it('S4 lets the others have a turn when it takes long to find something', async () => {
    slowDown(4);
    const reader = new Reader();
    new LogReplay(contextOf(emptyLog), binding, reader).run();
    let turns = 0;
    for (; !reader.isCaughtUp; turns++) await turn();
    expect(turns).toBeGreaterThan(3);
    expect(reader.position).toBe(HEAD);
  });

  it('S4 stops between two turns where it is told to', async () => {
    slowDown(2);
    const reader = new Reader();
    const reading = new LogReplay(contextOf(emptyLog), binding, reader);
    reading.run();
    reading.stop();
    const { position } = reader;
    for (let count = 0; count < 20; count++) await turn();
    expect(reader.position).toBe(position);
  });

  it('R2 takes one turn where that is enough', () => {
    const reader = new Reader();
    new LogReplay(contextOf(fullLog), binding, reader).run();
    expect(reader.isCaughtUp).toBe(true);
    expect(reader.taken).toHaveLength(HEAD);
  });

  it('B8 spends one budget a turn on all readers, and gives each of them its step in turn', async () => {
    // Each record takes a hundredth of a millisecond.
    const context = contextOf(fullLog, 10_000);
    let inThisTurn = 0;
    const readers = Array.from(
      { length: 30 },
      () =>
        new Reader(() => {
          now += 0.01;
          inThisTurn++;
        }, 10_000),
    );
    for (const reader of readers) new LogReplay(context, binding, reader).run();
    let longest = inThisTurn;
    let hungryTurns = 0;
    let turns = 0;
    for (; readers.some(({ isCaughtUp }) => !isCaughtUp); turns++) {
      inThisTurn = 0;
      await turn();
      longest = Math.max(longest, inThisTurn);
      if (readers.some(({ position }) => position === 0)) hungryTurns++;
    }
    // A turn has time for three steps, so that everybody soon had one.
    expect(hungryTurns).toBeLessThan(12);
    expect(turns).toBeGreaterThan(300);
    expect(longest).toBeLessThanOrEqual(2 * 801);
    for (const { taken } of readers) {
      expect(taken).toHaveLength(10_000);
      expect(taken.every((order, index) => order === index + 1)).toBe(true);
    }
  });

  it('B8 stops in the middle of a step whose records take long, and loses none', async () => {
    const reader = new Reader(() => {
      now += 5;
    });
    new LogReplay(contextOf(fullLog), binding, reader).run();
    expect(reader.taken.length).toBeLessThanOrEqual(2);
    let most = 0;
    while (!reader.isCaughtUp) {
      const before = reader.taken.length;
      await turn();
      most = Math.max(most, reader.taken.length - before);
    }
    expect(most).toBeLessThanOrEqual(4);
    expect(reader.taken).toEqual([...Array(HEAD + 1).keys()].slice(1));
  });

  it('B8 lets who has nothing to read pass those who have', () => {
    const context = contextOf(fullLog, 10_000);
    const slow = new Reader(() => {
      now += 5;
    });
    new LogReplay(context, binding, slow).run();
    expect(context.reads.waiting).toBe(1);
    const fresh = new Reader();
    fresh.position = 10_000;
    new LogReplay(context, binding, fresh).run();
    expect(fresh.isCaughtUp).toBe(true);
  });

  it('B4 a reader that throws stops no other', async () => {
    const context = contextOf(fullLog);
    const bad = new Reader(() => {
      throw new Error('mine');
    });
    const good = new Reader();
    new LogReplay(context, binding, bad).run();
    new LogReplay(context, binding, good).run();
    expect(bad.error).toEqual(new Error('mine'));
    expect(good.isCaughtUp).toBe(true);
  });
});
