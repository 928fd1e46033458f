import { pattern } from './topic.js';

describe('TopicPattern.covers()', () => {
  it.each([
    ['a.*', 'a.*', true],
    ['a.>', 'a.*', true],
    ['a.>', 'a.*.b', true],
    ['a.>', 'a.>', true],
    ['>', '>', true],
    ['>', 'a.*', true],
    ['*.b', 'a.b', true],
    ['a.*', 'a.>', false],
    ['a.*', '*.a', false],
    ['a.b', 'a.*', false],
    ['a.>', 'a', false],
    ['a.>', '>', false],
    ['*', '>', false],
    ['a.*', 'a.*.*', false],
    ['a.*.*', 'a.*', false],
  ])('A3 %s covers %s: %s', (granted, asked, expected) => {
    expect(pattern(granted).covers(pattern(asked))).toBe(expected);
  });
});
