import fc from 'fast-check';
import { assertTopic, pattern, selects } from './topic.js';

const LONGEST = Array.from({ length: 4 }, () => 'a'.repeat(63)).join('.');

describe('a topic', () => {
  it.each(['a', 'orders.42', 'A-Z_a:z@0=9', 'a'.repeat(64), LONGEST])(
    'is %j',
    (topic) => {
      expect(() => assertTopic(topic)).not.toThrow();
    },
  );

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    'a\n',
    'a/b',
    'ä',
    '$end.a',
    'a'.repeat(65),
    `${LONGEST}.a`,
    42,
    null,
    undefined,
    pattern('a.*'),
  ])('is not %p', (topic) => {
    expect(() => assertTopic(topic)).toThrow(
      expect.objectContaining({ code: 'INVALID_TOPIC' }) as Error,
    );
  });

  it.each(['orders.*', '>', 'a.>', '*'])(
    'is not %j, and the message names pattern()',
    (topic) => {
      expect(() => assertTopic(topic)).toThrow(
        expect.objectContaining({
          code: 'INVALID_TOPIC',
          message: expect.stringContaining(`pattern("${topic}")`) as string,
        }) as Error,
      );
    },
  );
});

describe('a pattern', () => {
  it.each(['a', '*', '>', 'a.*', '*.b', 'a.>', '*.*.>', 'a.*.c'])(
    'is %j',
    (text) => {
      expect(String(pattern(text))).toBe(text);
    },
  );

  it.each([
    '',
    'a.>.b',
    '>.a',
    'a*',
    'a.b>',
    'a..*',
    '$end.*',
    '**',
    `${LONGEST}.>`,
  ])('is not %j', (text) => {
    expect(() => pattern(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_PATTERN' }) as Error,
    );
  });

  it.each<[string, string, boolean]>([
    ['orders.*', 'orders.42', true],
    ['orders.*', 'orders', false],
    ['orders.*', 'orders.42.items', false],
    ['*.42', 'orders.42', true],
    ['orders.>', 'orders.42', true],
    ['orders.>', 'orders.42.items', true],
    ['orders.>', 'orders', false],
    ['>', 'a', true],
    ['>', '$end.a', false],
    ['*.a', '$end.a', false],
    ['a', 'a', true],
    ['a', 'ab', false],
  ])('%j matches %j: %p', (text, topic, isMatch) => {
    expect(pattern(text).matches(topic)).toBe(isMatch);
    expect(selects({ topics: [], patterns: [pattern(text)] }, topic)).toBe(
      isMatch,
    );
  });

  const token = fc.constantFrom('a', 'b');
  const topics = fc.array(token, { minLength: 1, maxLength: 4 });
  const patterns = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 }),
      fc.constantFrom('a', 'b', '*', '>'),
    )
    .map(([tokens, last]) => pattern([...tokens, last].join('.')));

  it('overlaps another one exactly if a topic is in both', () => {
    const all = [1, 2, 3, 4, 5, 6].flatMap((length) => everyTopic(length));
    fc.assert(
      fc.property(patterns, patterns, (left, right) => {
        const hasCommon = all.some(
          (topic) => left.matches(topic) && right.matches(topic),
        );
        expect(left.overlaps(right)).toBe(hasCommon);
        expect(right.overlaps(left)).toBe(hasCommon);
      }),
    );
  });

  it('matches the topics that its regular expression would', () => {
    fc.assert(
      fc.property(patterns, topics, (one, tokens) => {
        const expression = one.text
          .replaceAll('.', '\\.')
          .replaceAll('*', '[^.]+')
          .replace('>', '.+');
        const topic = tokens.join('.');
        expect(one.matches(topic)).toBe(
          new RegExp(`^${expression}$`).test(topic),
        );
      }),
    );
  });
});

function everyTopic(length: number): string[] {
  if (length === 1) return ['a', 'b', 'c'];
  return everyTopic(length - 1).flatMap((rest) =>
    ['a', 'b', 'c'].map((token) => `${token}.${rest}`),
  );
}
