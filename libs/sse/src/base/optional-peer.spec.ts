import { loadPeers } from './optional-peer.js';

const notFound = (code: string, message: string) => () =>
  Promise.reject(Object.assign(new Error(message), { code }));

describe('an optional peer dependency', () => {
  it.each([
    [
      'ERR_MODULE_NOT_FOUND',
      "Cannot find package 'jose' imported from /app/x.js",
    ],
    [
      'MODULE_NOT_FOUND',
      "Cannot find module 'jose'\nRequire stack:\n- /app/x.js",
    ],
  ])(
    'that is missing is named with how to install it: %s',
    async (code, message) => {
      await expect(
        loadPeers(
          'jwtAuthenticator()',
          ['jose@^6.0.0'],
          notFound(code, message),
        ),
      ).rejects.toMatchObject({
        code: 'MISSING_PACKAGE',
        message:
          'jwtAuthenticator() needs the package jose, which is not installed: npm install "jose@^6.0.0"',
      });
    },
  );

  it('of a scope keeps its scope', async () => {
    const missing = notFound(
      'MODULE_NOT_FOUND',
      "Cannot find module '@nats-io/jetstream'",
    );
    await expect(
      loadPeers('natsEventLog()', ['@nats-io/jetstream@^3'], missing),
    ).rejects.toMatchObject({
      message:
        'natsEventLog() needs the package @nats-io/jetstream, which is not installed: npm install "@nats-io/jetstream@^3"',
    });
  });

  it('of several says which is missing, and installs all', async () => {
    const missing = notFound(
      'MODULE_NOT_FOUND',
      "Cannot find module '@nats-io/kv'",
    );
    await expect(
      loadPeers(
        'natsEventLog()',
        ['@nats-io/jetstream@^3', '@nats-io/kv@^3'],
        missing,
      ),
    ).rejects.toMatchObject({
      message:
        'natsEventLog() needs the package @nats-io/kv, which is not installed: npm install "@nats-io/jetstream@^3" "@nats-io/kv@^3"',
    });
  });

  it('that is broken says what is wrong with it', async () => {
    const broken = notFound(
      'MODULE_NOT_FOUND',
      "Cannot find module 'its-own-need'",
    );
    await expect(loadPeers('x', ['jose@^6'], broken)).rejects.toThrow(
      'its-own-need',
    );
    const failing = () => Promise.reject(new TypeError('It fails.'));
    await expect(loadPeers('x', ['jose@^6'], failing)).rejects.toThrow(
      'It fails.',
    );
  });

  it('that is there is given', async () => {
    const there = loadPeers('x', ['node:path'], () => import('node:path'));
    expect((await there).join('a', 'b')).toBe('a/b');
  });
});
