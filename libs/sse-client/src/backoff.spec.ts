import { jest } from '@jest/globals';
import { retryAfterMsOf, waitMs } from './backoff.js';

describe('waitMs', () => {
  afterEach(() => jest.restoreAllMocks());

  /** The shortest and the longest wait that chance can give. */
  function range(...args: Parameters<typeof waitMs>): [number, number] {
    return [0, 1].map((chance) => {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      return waitMs(...args);
    }) as [number, number];
  }

  it.each<[number, [number, number]]>([
    [1, [100, 1000]],
    [2, [100, 2000]],
    [3, [100, 4000]],
    [5, [100, 16_000]],
    [6, [100, 30_000]],
    [5000, [100, 30_000]],
  ])('doubles its window up to a limit: failure %d', (failures, expected) => {
    expect(range(failures, 1000, 30_000, undefined, undefined)).toEqual(
      expected,
    );
  });

  it("takes the stream's own `retry` as it is, and adds to it with each further failure", () => {
    expect(range(1, 1000, 30_000, 5000, undefined)).toEqual([5000, 5000]);
    expect(range(2, 1000, 30_000, 5000, undefined)).toEqual([5000, 7000]);
    expect(range(9, 1000, 30_000, 5000, undefined)).toEqual([5000, 35_000]);
  });

  it('never comes before Retry-After, and spreads what follows', () => {
    expect(range(1, 1000, 30_000, 5000, 60_000)).toEqual([60_000, 61_000]);
  });

  it.each([
    [NaN, NaN, undefined],
    [0, 0, 0],
    [-1, -1, undefined],
  ])('never makes a tight loop of %d, %d and %s', (baseMs, maxMs, retryMs) => {
    expect(waitMs(1, baseMs, maxMs, retryMs, undefined)).toBe(100);
  });

  it('never waits longer than a timer can', () => {
    expect(waitMs(1, 1000, 30_000, 1e30, undefined)).toBe(2 ** 31 - 1);
  });
});

describe('retryAfterMsOf', () => {
  afterEach(() => jest.useRealTimers());

  it.each([
    ['120', 120_000],
    [' 1 ', 1000],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:00:00 GMT', undefined],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j as %s', (header, milliseconds) => {
    jest.useFakeTimers({ now: Date.parse('2026-10-21T07:28:00Z') });
    expect(retryAfterMsOf(header)).toBe(milliseconds);
  });
});
