import { toSource } from './source.js';

class Page {}

describe('what a handler returned', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['a string', 'text'],
    ['a function', () => 1],
    ['an object (Object)', { data: 1 }],
    ['an object (Page)', new Page()],
    ['an object (no class)', Object.create(null)],
  ])('W3 is no stream: %s', (description, value) => {
    expect(() => toSource(value, 'OrdersController.watch')).toThrow(
      expect.objectContaining({
        code: 'NOT_A_STREAM',
        message:
          `OrdersController.watch is an @SseStream() route, and its handler returned ${description}. Return an ` +
          'Observable, a Promise of one, an (async) iterable or generator, or a ReadableStream; a single value as [value].',
      }) as Error,
    );
  });
});
