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

  it.each([
    [{ PORT: '70000' }, 'PORT'],
    [{ PORT: '-1' }, 'PORT'],
    [{ PORT: '80a' }, 'PORT'],
    [{ PLATFORM: 'koa' }, 'PLATFORM'],
    [{ REQUEST_LOG_MAX_BYTES: '1' }, 'REQUEST_LOG_MAX_BYTES'],
  ])('refuses %j and names the variable', (env, name) => {
    expect(() => readConfig(env)).toThrow(name);
  });
});
