import { endTopicOf } from './control-topic.js';
import { TopicEnds } from './topic-ends.js';

describe('TopicEnds', () => {
  const end = (topic: string, offset: number) => ({
    topic: endTopicOf(topic),
    offset,
  });

  it('W5 tells for every place whether the newest record of a topic was its end', () => {
    const ends = new TopicEnds();
    for (const record of [
      { topic: 'a', offset: 1 },
      end('a', 3),
      end('a', 4),
      { topic: 'b', offset: 5 },
      { topic: 'a', offset: 6 },
      { topic: 'a', offset: 7 },
      end('a', 8),
    ])
      ends.note(record);

    const ended = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((at) =>
      ends.hasEnded('a', at),
    );
    expect(ended).toEqual([3, 4, 5, 8, 9]);
    expect(ends.hasEnded('b', 9)).toBe(false);
  });

  it('W5 knows the same of it elsewhere', () => {
    const ends = new TopicEnds();
    ends.note(end('a', 3));
    const other = new TopicEnds(ends.known());
    other.note({ topic: 'a', offset: 5 });
    expect([2, 3, 5].map((at) => other.hasEnded('a', at))).toEqual([
      false,
      true,
      false,
    ]);
    expect(ends.hasEnded('a', 5)).toBe(true);
  });

  it('R6 W5 is not changed by transient events, which stand at no place', () => {
    const ends = new TopicEnds();
    ends.note(end('a', 1));
    ends.note({ topic: 'a', offset: undefined });
    expect(ends.hasEnded('a', 2)).toBe(true);
  });

  it('W5 costs bounded memory, and forgets the topics that ended first', () => {
    const ends = new TopicEnds();
    for (let index = 1; index <= 10_001; index++)
      ends.note(end(`topic-${index}`, index));
    expect(ends.hasEnded('topic-1', 20_000)).toBe(false);
    expect(ends.hasEnded('topic-2', 20_000)).toBe(true);

    for (let offset = 20_000; offset < 21_000; offset += 2) {
      ends.note({ topic: 'topic-2', offset });
      ends.note(end('topic-2', offset + 1));
    }
    const known = ends.known().find(({ topic }) => topic === 'topic-2');
    expect(known!.places.length).toBeLessThanOrEqual(64);
    expect(ends.hasEnded('topic-2', 21_000)).toBe(true);
  });
});
