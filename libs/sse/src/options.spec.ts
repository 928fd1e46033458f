import { streamSettings } from './connection/stream-settings.js';
import { memoryEventLog } from './log/memory/memory-event-log.js';
import { moduleSettings, type SseModuleOptions } from './options.js';

const problemsOf = (options: object): string => {
  try {
    moduleSettings(options);
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS' });
    return (error as Error).message;
  }
  throw new Error('The options were accepted.');
};

describe('the options of SseModule', () => {
  const defaults = {
    maxEventBytes: 262_144,
    drainTimeoutMs: 5_000,
    drainRetry: { minMs: 500, maxMs: 5_000 },
    fastPath: true,
  };

  it('have defaults, all of them', () => {
    expect(moduleSettings({})).toMatchObject(defaults);
    expect(moduleSettings({}).log.name).toBe('memory');
    expect(streamSettings({})).toEqual({
      heartbeatMs: 15_000,
      retry: { minMs: 1_000, maxMs: 3_000 },
      readyTimeoutMs: 1_000,
      maxBufferedBytes: 1_048_576,
      stallTimeoutMs: 30_000,
      policy: 'disconnect',
      key: undefined,
      lifetime: false,
    });
  });

  it('keep every default that is set to undefined', () => {
    const options: SseModuleOptions = {
      log: undefined,
      maxEventBytes: undefined,
      drain: { timeoutMs: undefined, retry: undefined },
      fastPath: undefined,
      heartbeat: undefined,
      retry: undefined,
      readyTimeoutMs: undefined,
      slowConsumer: {
        maxBufferedBytes: undefined,
        stallTimeoutMs: undefined,
        policy: undefined,
        key: undefined,
      },
      lifetime: undefined,
    };
    const settings = moduleSettings(options);
    expect(settings).toMatchObject(defaults);
    expect(settings.log.name).toBe('memory');
    expect(streamSettings(settings.stream)).toEqual(streamSettings({}));
    expect(moduleSettings({ drain: undefined })).toMatchObject(defaults);
  });

  it('take what is given', () => {
    const log = memoryEventLog();
    const settings = moduleSettings({
      log,
      maxEventBytes: 10,
      drain: { timeoutMs: 0, retry: { minMs: 0, maxMs: 0 } },
      fastPath: false,
    });
    expect(settings).toMatchObject({
      log,
      maxEventBytes: 10,
      drainTimeoutMs: 0,
      drainRetry: { minMs: 0, maxMs: 0 },
      fastPath: false,
    });
  });

  it('say no farewell retry where streams have none, unless it is asked for', () => {
    const drain = { retry: { minMs: 1, maxMs: 2 } };
    expect(moduleSettings({ retry: false }).drainRetry).toBe(false);
    expect(moduleSettings({ drain: { retry: false } }).drainRetry).toBe(false);
    expect(moduleSettings({ retry: false, drain }).drainRetry).toEqual({
      minMs: 1,
      maxMs: 2,
    });
  });

  it('report all problems in one message, each by its name', () => {
    const message = problemsOf({
      heartbeat: { intervalMs: -1 },
      retry: { minMs: 5, maxMs: 4 },
      maxEventBytes: 1.5,
      readyTimeoutMs: Number.NaN,
      slowConsumer: { maxBufferedBytes: 0, policy: 'drop', key: 'type' },
      lifetime: { maxMs: Infinity, jitterRatio: 2 },
      drain: { timeoutMs: -5, retry: { minMs: 1 }, later: true },
      fastPath: 'yes',
      log: {},
      hearbeat: false,
    });
    for (const name of [
      'heartbeat.intervalMs must',
      'retry needs minMs (5) <= maxMs (4)',
      'maxEventBytes must be a whole number',
      'readyTimeoutMs must be a finite number',
      'slowConsumer.maxBufferedBytes must',
      'slowConsumer.policy must be one of disconnect, drop-oldest, latest, not "drop"',
      'slowConsumer.key must be a function',
      'lifetime.maxMs must',
      'lifetime.jitterRatio must',
      'drain.timeoutMs must',
      'drain.retry.maxMs is required',
      'drain.later is unknown',
      'fastPath must be a boolean',
      'log must have the methods',
      'hearbeat is unknown',
    ]) {
      expect(message).toContain(name);
    }
  });

  it.each<[string, object]>([
    ['drain.retry', { drain: { retry: { minMs: 2, maxMs: 1 } } }],
    ['heartbeat', { heartbeat: true }],
    ['heartbeat.intervalMs', { heartbeat: {} }],
    ['heartbeat.intervalMs', { heartbeat: { intervalMs: null } }],
    ['retry.minMs', { retry: { minMs: 1.5, maxMs: 2 } }],
    ['drain.timeoutMs', { drain: { timeoutMs: '5000' } }],
    ['slowConsumer.stallTimeoutMs', { slowConsumer: { stallTimeoutMs: -1 } }],
    ['slowConsumer', { slowConsumer: [] }],
    ['lifetime.maxMs', { lifetime: { jitterRatio: 0.5 } }],
    ['isGlobal', { isGlobal: 1 }],
  ])('refuse a bad %s: %j', (name, options) => {
    expect(problemsOf(options)).toContain(`SseModule: ${name} `);
  });
});

describe('the options of a stream', () => {
  it('are the route’s, else the module’s, one by one', () => {
    const settings = streamSettings(
      {
        heartbeat: { intervalMs: 1_000 },
        lifetime: { maxMs: 9_000 },
        slowConsumer: { maxBufferedBytes: 1, policy: 'latest' },
      },
      {
        heartbeat: false,
        retry: false,
        slowConsumer: { maxBufferedBytes: 2, policy: undefined },
      },
      { heartbeat: undefined },
    );
    expect(settings).toMatchObject({
      heartbeatMs: false,
      retry: false,
      maxBufferedBytes: 2,
      policy: 'latest',
      stallTimeoutMs: 30_000,
      lifetime: { maxMs: 9_000, jitterRatio: 0.1 },
    });
  });

  it('may turn off at the route what the module has on', () => {
    const module = { lifetime: { maxMs: 9_000, jitterRatio: 0.5 } };
    expect(streamSettings(module, { lifetime: false }).lifetime).toBe(false);
    expect(streamSettings(module, {}).lifetime).toEqual(module.lifetime);
  });
});
