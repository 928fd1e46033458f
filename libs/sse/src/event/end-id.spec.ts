import { parseEndId, sourceEndId, topicsEndId } from './end-id.js';
import { parseEventId } from './event-id.js';

describe('the id of an end', () => {
  it('W5 is the same for one resource and principal on every node and after every restart', () => {
    expect(sourceEndId('/orders/42/events', 'ada')).toBe(
      sourceEndId('/orders/42/events', 'ada'),
    );
    expect(sourceEndId('/orders/42/events', undefined)).toMatch(
      /^end-[\w-]{22}$/,
    );
  });

  it('W5 differs by what was asked for and by who asked', () => {
    const ids = [
      sourceEndId('/orders/42', undefined),
      sourceEndId('/orders/42', 'ada'),
      sourceEndId('/orders/42', 'bob'),
      sourceEndId('/orders/43', 'ada'),
      sourceEndId('POST /orders/42', 'ada'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('W5 of topics is bound to the log and to all of the topics, in any order', () => {
    const id = topicsEndId('epoch', ['a', 'b']);
    expect(topicsEndId('epoch', ['b', 'a'])).toBe(id);
    expect(topicsEndId('other', ['a', 'b'])).not.toBe(id);
    expect(topicsEndId('epoch', ['a'])).not.toBe(id);
    expect(topicsEndId('epoch', ['ab'])).not.toBe(
      topicsEndId('epoch', ['a', 'b']),
    );
    expect(parseEndId(id)).toMatchObject({ epoch: 'epoch' });
  });

  it.each([
    '',
    'end-',
    'end-of-day',
    'end-D0aj1uDpGtVyhfQO',
    `${sourceEndId('/a', undefined)}x`,
    `x${sourceEndId('/a', undefined)}`,
    'epoch.12',
  ])('W5 is none: %j', (id) => {
    expect(parseEndId(id)).toBeUndefined();
  });

  it('W5 is no place in a log', () => {
    expect(parseEventId(sourceEndId('/a', undefined))).toBeUndefined();
    expect(parseEventId(topicsEndId('epoch', ['a']))).toBeUndefined();
  });
});
