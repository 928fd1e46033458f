import { jest } from '@jest/globals';
import { OtherCounts, partsOf, type Count } from './count-words.js';

describe('the counts of other nodes', () => {
  const change = (number: number, ...counts: Count[]) =>
    ({ node: 'a', number, kind: 'change', counts }) as const;
  const whole = (number: number, ...counts: Count[]) =>
    ({ node: 'a', number, kind: 'whole', counts }) as const;
  const beat = (number: number, node = 'a') =>
    ({ node, number, kind: 'beat' }) as const;

  afterEach(() => {
    jest.useRealTimers();
  });

  it('N5 add up what all nodes have said', () => {
    const others = new OtherCounts();
    others.hear(whole(0, ['all', 2]));
    others.hear({ ...whole(7, ['all', 3], ['ann', 1]), node: 'b' });
    expect([others.of('all'), others.of('ann'), others.of('bob')]).toEqual([
      5, 1, 0,
    ]);
    expect(others.hear(change(1, ['all', 1], ['bob', 1]))).toBe(false);
    expect(others.hear(change(2, ['bob', 0]))).toBe(false);
    expect([others.of('all'), others.of('bob')]).toEqual([4, 0]);
  });

  it('N5 notice that a word was lost, by the next one of any kind', () => {
    const others = new OtherCounts();
    expect(others.hear(beat(0))).toBe(true);
    others.hear(whole(3, ['all', 2]));
    expect(others.hear(beat(3))).toBe(false);
    expect(others.hear(beat(4))).toBe(true);
    expect(others.hear(change(5, ['all', 9]))).toBe(true);
    // What is known stays until all of it is told.
    expect(others.of('all')).toBe(2);
    expect(others.hear(whole(5, ['all', 9]))).toBe(false);
    // Was on its way when it was asked for.
    expect(others.hear(change(4, ['all', 5]))).toBe(false);
    expect(others.of('all')).toBe(9);
  });

  it('N5 put all that a node has together, in however many parts it comes', () => {
    const own = Array.from(
      { length: 20_000 },
      (_, index) => [`principal:${index}`, 1] as const,
    );
    const parts = partsOf(own);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts)
      expect(JSON.stringify(part).length).toBeLessThan(400_000);
    const others = new OtherCounts();
    for (const [index, counts] of parts.entries())
      others.hear({
        node: 'a',
        number: 3,
        kind: index === 0 ? 'whole' : 'more',
        counts,
      });
    for (const [key] of own) expect(others.of(key)).toBe(1);
    expect(partsOf([])).toEqual([[]]);
  });

  it('N5 forget a node that is silent, and one that leaves', () => {
    jest.useFakeTimers();
    const others = new OtherCounts();
    others.hear(whole(0, ['all', 1]));
    others.hear({ ...whole(0, ['all', 1]), node: 'b' });
    others.hear({ ...whole(0, ['all', 1]), node: 'c' });
    others.hear({ node: 'c', number: 0, kind: 'leave' });
    jest.advanceTimersByTime(15_000);
    expect(others.of('all')).toBe(2);
    others.hear(beat(0, 'b'));
    jest.advanceTimersByTime(10_000);
    expect(others.of('all')).toBe(1);
    // Alive after all: it has to say again what it has.
    expect(others.hear(beat(0))).toBe(true);
  });

  it('N6 pass over words that are none', () => {
    const others = new OtherCounts();
    expect(others.hear({})).toBe(false);
    expect(others.hear({ node: 'a' })).toBe(false);
    expect(others.of('all')).toBe(0);
  });
});
