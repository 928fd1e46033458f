import { endIdOf, isEndOf } from './end-id.js';

describe('the id of an end', () => {
  it('W5 is the same for one path on every node and after every restart', () => {
    expect(endIdOf('/orders/42/events')).toBe('end-D0aj1uDpGtVyhfQO');
  });

  it('W5 is recognised for that path only', () => {
    const id = endIdOf('/orders/42/events');
    expect(isEndOf('/orders/42/events', id)).toBe(true);
    expect(isEndOf('/orders/43/events', id)).toBe(false);
    expect(isEndOf('/orders/42/events', undefined)).toBe(false);
    expect(isEndOf('/orders/42/events', 'end-')).toBe(false);
    expect(isEndOf('/orders/42/events', `${id}x`)).toBe(false);
  });

  it('W5 goes on the wire as it is, whatever the path', () => {
    expect(endIdOf('/a%0Ab/\u00e4')).toMatch(/^end-[\w-]{16}$/);
  });
});
