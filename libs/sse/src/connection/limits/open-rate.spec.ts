import { OpenRate } from './open-rate.js';

describe('OpenRate', () => {
  it('C3 lets a burst in, and then one by one as time passes', () => {
    const rate = new OpenRate({ opens: 3, perMs: 3_000 });
    expect([0, 0, 0, 0].map(() => rate.take('a', 0))).toEqual([0, 0, 0, 1_000]);
    expect(rate.take('b', 0)).toBe(0);
    expect(rate.take('a', 400)).toBe(600);
    expect(rate.take('a', 1_000)).toBe(0);
    expect(rate.take('a', 1_000)).toBe(1_000);
  });

  it('C3 forgets addresses that are full again, and never keeps too many', () => {
    const rate = new OpenRate({ opens: 1, perMs: 1_000 });
    for (let index = 0; index < 500; index++) rate.take(`a${index}`, 0);
    rate.take('b', 5_000);
    expect(rate.size).toBe(1);
    for (let index = 0; index < 150_000; index++) rate.take(`c${index}`, 5_001);
    expect(rate.size).toBeLessThanOrEqual(100_000);
  });
});
