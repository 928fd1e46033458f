import type { EventRecord } from '../../event/event-record.js';
import type { LogEntry } from '../event-log.js';
import { memoryEventLog } from './memory-event-log.js';

const entry = (json: string): LogEntry => ({
  topic: 'a',
  type: 'message',
  json,
  publishedAt: Date.now(),
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('telling tails what was appended', () => {
  it('B8 gives the event loop a turn in an endless chain of publishes from a subscriber', async () => {
    const log = memoryEventLog();
    let count = 0;
    let isOver = false;
    await log.tail({
      onReset: () => undefined,
      onRecords: ([record]) => {
        count++;
        if (!isOver) void log.append([entry(String(record!.order))]);
      },
    });
    await log.append([entry('0')]);
    for (let turns = 0; turns < 3; turns++) await turn();
    isOver = true;

    expect(count).toBeGreaterThan(10);
  });

  it('B8 gives the event loop a turn in an endless loop of awaited publishes', async () => {
    const log = memoryEventLog();
    const told: number[] = [];
    await log.tail({
      onReset: () => undefined,
      onRecords: (records) => told.push(...records.map(({ order }) => order)),
    });
    let isOver = false;
    let published = 0;
    const publishing = (async () => {
      while (!isOver) {
        await log.append([entry('1')]);
        published++;
      }
    })();
    for (let turns = 0; turns < 3; turns++) await turn();
    isOver = true;
    await publishing;
    await turn();

    expect(told).toEqual([...Array(published + 1).keys()].slice(1));
  });

  it('B1 tells a long backlog in parts and in order, with what is published meanwhile behind it', async () => {
    const log = memoryEventLog({ maxEvents: 100_000 });
    const told: EventRecord[] = [];
    const parts: number[] = [];
    await log.tail({
      onReset: () => undefined,
      onRecords: (records) => {
        parts.push(records.length);
        told.push(...records);
        // Subscribers take their time.
        const until = performance.now() + 4;
        while (performance.now() < until);
        if (parts.length === 2) void log.append([entry('"meanwhile"')]);
      },
    });
    let turnsMeanwhile = 0;
    void log.append(
      Array.from({ length: 3_000 }, (_, index) => entry(String(index))),
    );
    for (; told.length < 3_001; turnsMeanwhile++) await turn();

    expect(turnsMeanwhile).toBeGreaterThan(1);
    expect(Math.max(...parts)).toBeLessThanOrEqual(256);
    expect(told.map(({ json }) => json)).toEqual([
      ...Array.from({ length: 3_000 }, (_, index) => String(index)),
      '"meanwhile"',
    ]);
  });
});
