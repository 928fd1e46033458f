import { logError, messageOf, oneLine } from './log-error.js';

class Collector {
  readonly calls: unknown[][] = [];
  readonly error = (...values: unknown[]): void => void this.calls.push(values);

  get text(): string {
    return this.calls.flat().join('\n');
  }
}

function logged(error: unknown): Collector {
  const logger = new Collector();
  logError(logger, 'It failed', error);
  return logger;
}

describe('the log of failures', () => {
  it('A5 takes message and stack of an error, and none of its properties', () => {
    const config = { headers: { authorization: 'Bearer secret' } };
    const error = Object.assign(new Error('Status 500'), {
      config,
      toJSON: () => config,
    });
    const { calls, text } = logged(error);

    expect(text).not.toContain('secret');
    expect(calls).toEqual([
      [
        'It failed: Status 500',
        expect.stringMatching(/^Error: Status 500\n {4}at /),
      ],
    ]);
  });

  it('A5 tells causes in the same way, a few of them', () => {
    const secret = { password: 'secret' };
    const root = Object.assign(new TypeError('fetch failed'), secret);
    const error: Error = new Error('The log refused.', { cause: root });
    root.cause = error;
    const { text } = logged(error);

    expect(text).toMatch(/\nCaused by TypeError: fetch failed\n {4}at /);
    expect(text).not.toContain('secret');
    expect(text.match(/Caused by/g)).toHaveLength(3);
  });

  it('A5 begins no line of its own, whatever a message holds', () => {
    const message =
      'a\nERROR [Fake] b\r\nc\u2028d\u001b[2Je\n    at fake (x.js:1:1)';
    const { text } = logged(new Error(message));

    expect(text).toContain(
      'a\\nERROR [Fake] b\\r\\nc\\u2028d\\u001b[2Je\\n    at fake',
    );
    for (const line of text.split('\n').slice(2))
      expect(line).toMatch(/^ {4}at (?!fake)/);
  });

  it('A5 drops a stack that its message cannot be told from', () => {
    const error = new Error('first');
    // Made into text now, with the first message.
    expect(error.stack).toContain('first');
    error.message = 'second\nline';
    expect(logged(error).calls).toEqual([
      ['It failed: second\\nline', 'Error: second\\nline'],
    ]);
  });

  it.each<[unknown, string]>([
    ['a\nb', 'a\\nb'],
    [undefined, 'undefined'],
    [{ token: 'secret' }, 'Object was thrown, which is no error'],
    [Object.create(null), 'an object was thrown, which is no error'],
    [new Error(''), 'Error'],
    [{ message: 'from another realm', stack: 7 }, 'from another realm'],
  ])('A5 says %p as %p', (error, expected) => {
    expect(messageOf(error)).toBe(expected);
  });

  it('keeps a message short', () => {
    expect(oneLine('x'.repeat(5_000))).toHaveLength(2_001);
  });
});
