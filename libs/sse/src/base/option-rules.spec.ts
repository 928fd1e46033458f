import type { SseException } from './exception.js';
import { checkOptions, type OptionRules } from './option-rules.js';

const RULES = {
  heartbeat: {
    nested: { intervalMs: { min: 100, max: 5_000 } },
    required: ['intervalMs'],
    orFalse: true,
  },
  retry: {
    nested: { minMs: { integer: true }, maxMs: { integer: true } },
    ordered: ['minMs', 'maxMs'],
  },
  policy: { oneOf: ['a', 'b'] },
  key: { type: 'function' },
  log: { methods: ['append', 'read'] },
  perPattern: { record: { maxEvents: { min: 1 } } },
} as const satisfies OptionRules;

function problemsOf(options: unknown): string[] {
  try {
    checkOptions('Thing', options, RULES);
    return [];
  } catch (error) {
    const { code, details, message } = error as SseException;
    const texts = details.map(({ path, message: text }) =>
      `${path} ${text}`.trim(),
    );
    // The message holds every problem, and programs get them one by one.
    const isWhole =
      message === `Invalid options of Thing: ${texts.join('; ')}.`;
    return code === 'INVALID_OPTIONS' && isWhole ? texts : [message];
  }
}

describe('checkOptions', () => {
  it.each([
    undefined,
    {},
    { heartbeat: false },
    { heartbeat: undefined, policy: undefined },
    { heartbeat: { intervalMs: 100 } },
    { retry: { minMs: 1, maxMs: 1 }, policy: 'a', key: () => 1 },
    {
      log: { append() {}, read() {} },
      perPattern: { 'a.*': { maxEvents: 1 } },
    },
  ])('accepts %p', (options) => {
    expect(problemsOf(options)).toEqual([]);
  });

  it.each<[unknown, string]>([
    [null, 'must be an object, not null'],
    [[], 'must be an object, not an array'],
    ['x', 'must be an object, not "x"'],
    [
      { heartbeats: 1 },
      'heartbeats is unknown, did you mean heartbeat? Known are heartbeat, retry, policy, key, log, perPattern',
    ],
    [
      { constructor: 1 },
      'constructor is unknown; known are heartbeat, retry, policy, key, log, perPattern',
    ],
    [{ heartbeat: true }, 'heartbeat must be an object or false, not true'],
    [{ heartbeat: {} }, 'heartbeat.intervalMs is required'],
    [
      { heartbeat: { intervalMs: '5' } },
      'heartbeat.intervalMs must be a finite number, from 100 to 5000, not "5"',
    ],
    [
      { heartbeat: { intervalMs: NaN } },
      'heartbeat.intervalMs must be a finite number, from 100 to 5000, not NaN',
    ],
    [
      { heartbeat: { intervalMs: -1 } },
      'heartbeat.intervalMs must be a finite number, from 100 to 5000, not -1',
    ],
    [
      { retry: { minMs: 1.5 } },
      'retry.minMs must be a whole number, 0 or more, not 1.5',
    ],
    [
      { retry: { minMs: Infinity } },
      'retry.minMs must be a whole number, 0 or more, not Infinity',
    ],
    [{ retry: { minMs: 2, maxMs: 1 } }, 'retry needs minMs (2) <= maxMs (1)'],
    [{ policy: 'c' }, 'policy must be one of a, b, not "c"'],
    [{ key: 5 }, 'key must be a function, not 5'],
    [{ log: { append() {} } }, 'log must have the methods append, read'],
    [{ log: null }, 'log must have the methods append, read'],
    [{ perPattern: [] }, 'perPattern must be an object, not an array'],
    [
      { perPattern: { 'a.*': { maxEvents: 0 } } },
      'perPattern["a.*"].maxEvents must be a finite number, 1 or more, not 0',
    ],
  ])('refuses %p', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it('reports all problems in one message, each by its name', () => {
    expect(
      problemsOf({ heartbeat: {}, policy: 1, other: 1 }).map(
        (text) => text.split(' ')[0],
      ),
    ).toEqual(['heartbeat.intervalMs', 'policy', 'other']);
  });
});
