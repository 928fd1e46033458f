import { jest } from '@jest/globals';
import { TimerWheel, type WheelEntry } from './timer-wheel.js';

/** Notes when it was visited, and plans as it is told. */
class Visitor implements WheelEntry {
  readonly visits: number[] = [];

  constructor(
    private readonly next: (count: number) => number | undefined = () =>
      undefined,
  ) {}

  onTimer(now: number): number | undefined {
    this.visits.push(now);
    return this.next(this.visits.length);
  }
}

describe('TimerWheel', () => {
  let wheel: TimerWheel;
  let startedAt: number;

  beforeEach(() => {
    jest.useFakeTimers();
    wheel = new TimerWheel();
    startedAt = performance.now();
  });

  afterEach(() => {
    wheel.stop();
    jest.useRealTimers();
  });

  const elapsedOf = ({ visits }: Visitor): number[] =>
    visits.map((visit) => Math.round(visit - startedAt));

  it('C1 visits when the time has come, at most a tick late and never early', () => {
    const visitor = new Visitor();
    wheel.schedule(visitor, 250);
    jest.advanceTimersByTime(249);
    expect(visitor.visits).toEqual([]);
    jest.advanceTimersByTime(51);
    expect(elapsedOf(visitor)).toEqual([300]);
  });

  it('C1 comes again after what a visit gives, until it gives nothing', () => {
    const visitor = new Visitor((count) => (count < 3 ? 200 : undefined));
    wheel.schedule(visitor, 100);
    jest.advanceTimersByTime(10_000);
    expect(elapsedOf(visitor)).toEqual([100, 300, 500]);
    expect(wheel.size).toBe(0);
  });

  it('lets a later plan replace an earlier one', () => {
    const visitor = new Visitor();
    wheel.schedule(visitor, 100);
    wheel.schedule(visitor, 500);
    jest.advanceTimersByTime(10_000);
    expect(elapsedOf(visitor)).toEqual([500]);
  });

  it.each([51_200, 60_000, 51_200 * 3 + 100])(
    'visits once after a delay of more than a round: %d ms',
    (delayMs) => {
      const visitor = new Visitor();
      wheel.schedule(visitor, delayMs);
      jest.advanceTimersByTime(delayMs - 1);
      expect(visitor.visits).toEqual([]);
      jest.advanceTimersByTime(100_000);
      expect(visitor.visits).toHaveLength(1);
    },
  );

  it('comes again after whole rounds, in the slot that is being visited', () => {
    const visitor = new Visitor((count) => (count < 3 ? 51_200 : undefined));
    wheel.schedule(visitor, 100);
    jest.advanceTimersByTime(200_000);
    expect(elapsedOf(visitor)).toEqual([100, 51_300, 102_500]);
  });

  it('takes out what a visit removes, itself and others', () => {
    const other = new Visitor();
    const selfish: WheelEntry = {
      onTimer: () => {
        wheel.remove(selfish);
        wheel.remove(other);
        return 100;
      },
    };
    wheel.schedule(selfish, 100);
    wheel.schedule(other, 100);
    jest.advanceTimersByTime(1_000);
    expect(other.visits).toEqual([]);
    expect(wheel.size).toBe(0);
  });

  it('keeps what a visit planned by itself', () => {
    const visitor: Visitor = new Visitor((count) => {
      if (count === 1) wheel.schedule(visitor, 700);
      return 100;
    });
    wheel.schedule(visitor, 100);
    jest.advanceTimersByTime(850);
    expect(elapsedOf(visitor)).toEqual([100, 800]);
  });

  it('visits what became due while the process was stopped, once each, however long that was', () => {
    const visitors = [200, 5_000, 40_000, 300_000].map((delayMs) => {
      const visitor = new Visitor();
      wheel.schedule(visitor, delayMs);
      return visitor;
    });
    // The clock goes on, and the interval fires only once: as after SIGSTOP and SIGCONT.
    jest.setSystemTime(Date.now() + 120_000);
    const real = performance.now.bind(performance);
    const clock = jest
      .spyOn(performance, 'now')
      .mockImplementation(() => real() + 120_000);
    jest.advanceTimersByTime(100);
    // Not before the sockets had a turn: nobody has stalled because this process did.
    expect(visitors.map(({ visits }) => visits.length)).toEqual([0, 0, 0, 0]);
    jest.advanceTimersByTime(100);
    expect(visitors.map(({ visits }) => visits.length)).toEqual([1, 1, 1, 0]);
    jest.advanceTimersByTime(180_000);
    expect(visitors.map(({ visits }) => visits.length)).toEqual([1, 1, 1, 1]);
    clock.mockRestore();
  });

  it('visits also where every tick is late', () => {
    let lateMs = 0;
    const real = performance.now.bind(performance);
    const clock = jest
      .spyOn(performance, 'now')
      .mockImplementation(() => real() + lateMs);
    const visitor = new Visitor(() => 100);
    wheel.schedule(visitor, 100);
    for (let tick = 0; tick < 10; tick++) {
      lateMs += 5_000;
      jest.advanceTimersByTime(100);
    }
    expect(visitor.visits).toHaveLength(5);
    clock.mockRestore();
  });

  it('C1 has one timer for all, and none when nothing waits', () => {
    expect(jest.getTimerCount()).toBe(0);
    const visitors = Array.from({ length: 1_000 }, () => new Visitor());
    for (const visitor of visitors) wheel.schedule(visitor, 15_000);
    expect(jest.getTimerCount()).toBe(1);
    for (const visitor of visitors) wheel.remove(visitor);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('starts again after it had stopped, with the time of then', () => {
    wheel.schedule(new Visitor(), 100);
    jest.advanceTimersByTime(100);
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(123_456);
    const visitor = new Visitor();
    wheel.schedule(visitor, 300);
    expect(wheel.now).toBe(performance.now());
    jest.advanceTimersByTime(299);
    expect(visitor.visits).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(visitor.visits).toHaveLength(1);
  });

  it('ignores the removal of what it does not know', () => {
    const visitor = new Visitor();
    wheel.schedule(visitor, 100);
    wheel.remove(new Visitor());
    jest.advanceTimersByTime(100);
    expect(visitor.visits).toHaveLength(1);
  });
});
