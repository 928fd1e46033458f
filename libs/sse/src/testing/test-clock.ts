/** The fake timers of a test framework: `vi` of Vitest, or `jest`. */
export interface FakeTimers {
  useFakeTimers(config: object): unknown;
  advanceTimersByTimeAsync(ms: number): Promise<unknown>;
  useRealTimers(): unknown;
}

/** What the library tells time by. */
const FAKED = [
  'Date',
  'performance',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
];

/** What sockets, promises and the flush of each turn need: it stays real. */
const REAL = [
  'hrtime',
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'requestIdleCallback',
  'cancelIdleCallback',
];

/**
 * Takes over the time by which the library sends heartbeats, notices stalled clients, ends streams and sessions and
 * shuts down; sockets go on as they are. Take it over before the first stream opens: one that is open keeps real time.
 *
 * @param timers `vi` of Vitest, or `jest`
 *
 * @example
 * const clock = takeOverTime(vi);
 * const stream = await openTestStream(app, '/orders/42/events');
 * await clock.advance(15_000);
 * await stream.heartbeat();
 * await app.close();
 * clock.restore();
 */
export function takeOverTime(timers: FakeTimers): TestClock {
  // Vitest reads one of the lists, Jest the other.
  timers.useFakeTimers({ toFake: FAKED, doNotFake: REAL });
  return new TestClock(timers);
}

/** The time of a test. */
export class TestClock {
  /** @internal */
  constructor(private readonly timers: FakeTimers) {}

  /** Lets so many milliseconds pass, and what is due in them happen. */
  async advance(ms: number): Promise<void> {
    await this.timers.advanceTimersByTimeAsync(ms);
  }

  /** Gives the real time back. Close the application first: its timers end with the time they were made in. */
  restore(): void {
    this.timers.useRealTimers();
  }
}
