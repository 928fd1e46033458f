import { jest } from '@jest/globals';
import type { EventLog, ReadQuery } from '../../log/event-log.js';
import { LogReplay, type ReplayListener } from './log-replay.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { BusContext } from '../fan-out/bus-context.js';

const HEAD = 100;

/** A log in which nothing is for this reader, and of which a read looks at ten records. */
const log = {
  read: ({ after, until }: ReadQuery) => ({
    records: [],
    through: Math.min(after + 10, until),
    truncated: false,
  }),
} as unknown as EventLog;

const source = { log, tail: { offset: HEAD } } as unknown as BusContext;
const binding = { isWritable: true } as unknown as ConnectionPort;

function readerOf(
  onCaughtUp: () => void,
): ReplayListener & { position: number } {
  return {
    position: 0,
    readSelector: { topics: ['a'], patterns: [] },
    onRecord: () => undefined,
    onRead(through: number) {
      this.position = through;
    },
    onTruncated: () => undefined,
    onCaughtUp,
    onReadError: () => undefined,
  };
}

describe('reading the log', () => {
  afterEach(() => jest.restoreAllMocks());

  /** Each look at the clock is so much later. */
  const slowDown = (ms: number): void => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += ms));
  };

  it('S4 lets the others have a turn when it takes long to find something', async () => {
    slowDown(6);
    let isCaughtUp = false;
    const reader = readerOf(() => {
      isCaughtUp = true;
    });
    new LogReplay(source, binding, reader).run();
    let turns = 0;
    while (!isCaughtUp) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThan(5);
    expect(reader.position).toBe(HEAD);
  });

  it('S4 stops between two turns where it is told to', async () => {
    slowDown(6);
    const reader = readerOf(() => undefined);
    const reading = new LogReplay(source, binding, reader);
    reading.run();
    reading.stop();
    const { position } = reader;
    for (let turn = 0; turn < 20; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    expect(reader.position).toBe(position);
  });

  it('R2 takes one turn where that is enough', () => {
    slowDown(0.1);
    const onCaughtUp = jest.fn();
    new LogReplay(source, binding, readerOf(onCaughtUp)).run();
    expect(onCaughtUp).toHaveBeenCalledTimes(1);
  });
});
