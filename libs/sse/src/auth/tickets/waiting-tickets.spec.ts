import { WaitingTickets } from './waiting-tickets.js';

const LATER = Date.now() + 60_000;
const OVER = Date.now() - 1;

describe('the tickets that wait', () => {
  it('C3 are limited for each principal, as long as they last', () => {
    const waiting = new WaitingTickets(2);
    waiting.add('ann', 'a', LATER);
    waiting.add('ann', 'b', OVER);
    waiting.add('bob', 'c', LATER);
    waiting.add('ann', 'd', LATER);
    expect(() => waiting.add('ann', 'e', LATER)).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_TICKETS' }),
    );
    waiting.remove('ann', 'a');
    waiting.add('ann', 'e', LATER);
  });

  it('C3 leave nothing behind', () => {
    const waiting = new WaitingTickets(2);
    waiting.add('ann', 'a', LATER);
    waiting.remove('ann', 'a');
    waiting.remove('bob', 'b');
    expect(waiting.size).toBe(0);
    for (let count = 0; count < 10_000; count++)
      waiting.add(`principal ${count}`, 'a', OVER);
    expect(waiting.size).toBeLessThanOrEqual(1_000);
  });
});
