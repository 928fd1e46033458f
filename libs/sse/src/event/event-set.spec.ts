import { SseEvent } from './event-class.js';
import { sseEvents } from './event-set.js';

@SseEvent('order.shipped')
class OrderShipped {}

class Unnamed {}

describe('sseEvents()', () => {
  it('holds the class of each event', () => {
    const { classes } = sseEvents({ 'order.shipped': OrderShipped });
    expect(classes).toEqual({ 'order.shipped': OrderShipped });
    expect(Object.isFrozen(classes)).toBe(true);
  });

  it('refuses classes without a name, or with another one, all at once', () => {
    const declare = () =>
      sseEvents({ 'order.sent': OrderShipped, 'order.lost': Unnamed });
    expect(declare).toThrow(
      'sseEvents(): OrderShipped is named "order.shipped", not "order.sent"; Unnamed needs @SseEvent("order.lost").',
    );
    expect(declare).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    );
  });

  it('refuses what is no class', () => {
    const declare = () => sseEvents({ 'order.shipped': {} as typeof Unnamed });
    expect(declare).toThrow('"order.shipped" needs a class');
  });
});
