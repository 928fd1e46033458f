import { readConfig } from './demo-config.js';

describe('readConfig', () => {
  it('listens on this machine only unless told otherwise', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      platform: 'express',
    });
  });

  it('takes port 0 for a free one', () => {
    expect(readConfig({ PORT: '0' }).port).toBe(0);
  });

  it('is one process that nobody starts again, unless told otherwise', () => {
    expect(readConfig({})).toMatchObject({
      eventLog: undefined,
      nodeName: 'node-1',
      isSupervised: false,
    });
  });

  it('keeps the password of a refused engine out of the message', () => {
    const EVENT_LOG = 'mysql://me:secret@host';
    expect(() => readConfig({ EVENT_LOG })).toThrow(
      expect.not.objectContaining({
        message: expect.stringContaining('secret'),
      }),
    );
  });

  it.each([
    [{ PORT: '70000' }, 'PORT'],
    [{ PORT: '-1' }, 'PORT'],
    [{ PORT: '80a' }, 'PORT'],
    [{ PLATFORM: 'koa' }, 'PLATFORM'],
    [{ REQUEST_LOG_MAX_BYTES: '1' }, 'REQUEST_LOG_MAX_BYTES'],
    [{ EVENT_LOG: 'localhost:6379' }, 'EVENT_LOG'],
    [{ EVENT_LOG: 'http://localhost' }, 'EVENT_LOG'],
    [{ NODE_NAME: 'a.b' }, 'NODE_NAME'],
  ])('refuses %j and names the variable', (env, name) => {
    expect(() => readConfig(env)).toThrow(name);
  });
});
