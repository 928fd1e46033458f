import { EndedTopics } from './ended-topics.js';

describe('the topics that have ended', () => {
  it('are those with an end that stands before a place', () => {
    const ended = new EndedTopics();
    ended.end('a', 5);

    expect(ended.hasEnded('a', 4)).toBe(false);
    expect(ended.hasEnded('a', 5)).toBe(true);
    expect(ended.hasEnded('b', 5)).toBe(false);
  });

  it('are none that went on', () => {
    const ended = new EndedTopics();
    ended.end('a', 5);
    ended.reopen('a');
    expect(ended.hasEnded('a', 9)).toBe(false);

    ended.end('a', 7);
    expect(ended.hasEnded('a', 6)).toBe(false);
    expect(ended.hasEnded('a', 7)).toBe(true);
  });

  it('are not kept without bound', () => {
    const ended = new EndedTopics();
    ended.end('first', 0);
    ended.end('second', 1);
    for (let at = 2; at < 10_001; at++) ended.end(`job.${at}`, at);

    expect(ended.hasEnded('first', 20_000)).toBe(false);
    expect(ended.hasEnded('second', 20_000)).toBe(true);
    expect(ended.hasEnded('job.10000', 20_000)).toBe(true);
  });
});
