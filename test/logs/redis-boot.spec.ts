import { once } from 'node:events';
import { createServer } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { TailListener } from 'nestjs-event-stream';
import {
  redisEventLog,
  type RedisEventLogOptions,
} from 'nestjs-event-stream/redis';
import { atEnd } from '../support/at-end.js';
import { freePort } from '../support/engines.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const LISTENER: TailListener = {
  onRecords: () => undefined,
  onReset: () => undefined,
};

const ENTRY = {
  topic: 'a',
  type: 'message',
  json: '1',
  publishedAt: 1_790_000_000_000,
};

const URL = 'redis://localhost';

describe('redisEventLog()', () => {
  it.each([
    [{}, /one of url, client and createClient/],
    [{ url: URL, createClient: () => ({}) }, /one of url, client/],
    [{ url: 'localhost:6379' }, /redis:\/\/host:port/],
    [{ url: 'http://localhost' }, /redis:\/\/host:port/],
    [{ client: {} }, /client must/],
    [{ url: URL, prefix: 'a{b}' }, /prefix must be/],
    [{ url: URL, prefix: '' }, /prefix must be/],
    [{ url: URL, maxEvents: 0 }, /maxEvents must be/],
    [{ url: URL, maxAge: 1 }, /maxAge is unknown/],
    [{ url: URL, startup: 'never' }, /startup must be/],
  ])('refuses the options %j', (options, message) => {
    expect(() => redisEventLog(options as RedisEventLogOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('A5 shows no password of a URL that is none', () => {
    expect(() => redisEventLog({ url: 'user:secret@host' })).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('secret'),
      }),
    );
  });
});

describe('an application that starts with a Redis log', () => {
  /** What it fails with; undefined if it starts. */
  const failureOf = async (options: RedisEventLogOptions): Promise<unknown> => {
    const log = redisEventLog(options);
    atEnd('the log', () => log.close());
    try {
      const tail = await log.tail(LISTENER);
      await tail.stop();
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const failure = (code: string, message: string) =>
    expect.objectContaining({
      code,
      message: expect.stringContaining(message),
    });

  afterEach(async () => {
    jest.restoreAllMocks();
  });

  it('N2 fails where nobody listens, and shows no password', async () => {
    const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
    const error = await failureOf({ url });
    expect(error).toEqual(failure('LOG_UNAVAILABLE', 'ECONNREFUSED'));
    expect(String(error)).not.toContain('secret');
  });

  it('N2 fails where the server is silent, in bounded time', async () => {
    const server = createServer((socket) => {
      atEnd('a socket', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    atEnd('the server', () => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await failureOf({ url: `redis://127.0.0.1:${port}` })).toEqual(
      failure('LOG_UNAVAILABLE', ''),
    );
  });

  it.each([
    ['none', ''],
    ['wrong ones', ':wrong@'],
  ])(
    'N2 fails where the server asks for credentials, with %s',
    async (_name, credentials) => {
      const server = await startRedis();
      await server.command('config', 'set', 'requirepass', 'right');
      const urlWith = (text: string) =>
        `redis://${text}127.0.0.1:${server.port}`;
      expect(await failureOf({ url: urlWith(credentials) })).toEqual(
        failure('LOG_UNAVAILABLE', 'The credentials are wrong'),
      );
      expect(await failureOf({ url: urlWith(':right@') })).toBeUndefined();
    },
  );

  it('N2 says which rights are missing, and needs no more than it says', async () => {
    const { command, port } = await startRedis();
    const rights = '+@read +@write +@scripting +@connection +time +role +info';
    const allow = (user: string, ...rules: string[]) =>
      command('acl', 'setuser', user, 'on', '>secret', ...rules);
    await allow('enough', '~{sse}:*', ...rights.split(' '));
    await allow('reader', '~{sse}:*', '+@read', '+@connection');
    const urlOf = (user: string) => `redis://${user}:secret@127.0.0.1:${port}`;
    expect(await failureOf({ url: urlOf('reader') })).toEqual(
      failure('LOG_UNAVAILABLE', rights),
    );

    const log = redisEventLog({ url: urlOf('enough'), minReplicas: 0 });
    atEnd('the log', () => log.close());
    const tail = await log.tail(LISTENER);
    atEnd('the tail', () => tail.stop());
    await log.append([ENTRY, { ...ENTRY, messageId: 'once' }]);
    await log.sharedKeys!.put('key', 'value', 60_000);
    expect(await log.sharedKeys!.take('key')).toBe('value');
    const node = log.presence!.join();
    atEnd('the node', () => node.leave());
    expect(await log.presence!.list()).toEqual([]);
    const counts = log.sharedCounts!.join();
    atEnd('the counts', () => counts.leave());
    const claim = { key: 'all', own: 1, limit: 1 };
    expect(await counts.claim(claim)).toBe(true);
  });

  it('N2 fails at a replica', async () => {
    const master = await startRedis();
    const { url } = await startRedis({
      replicaof: `127.0.0.1 ${master.port}`,
    });
    expect(await failureOf({ url })).toEqual(
      failure('LOG_UNAVAILABLE', 'connect to the master'),
    );
  });

  it.each(['log', 'meta'])(
    'N2 fails where its key %s holds something else',
    async (key) => {
      const { command, url } = await startRedis();
      await command('set', `{sse}:${key}`, 'mine');
      expect(await failureOf({ url })).toEqual(
        failure('LOG_UNSUITABLE', 'choose another prefix'),
      );
      expect(await failureOf({ url, prefix: 'other' })).toBeUndefined();
    },
  );

  it('N2 fails at a server that is too old', async () => {
    const port = await startOldServer();
    expect(await failureOf({ url: `redis://127.0.0.1:${port}` })).toEqual(
      failure('LOG_UNSUITABLE', 'Redis 5.0.7 is too old'),
    );
  });

  it('N2 warns of a server that throws keys away', async () => {
    const { url } = await startRedis({
      maxmemory: '100mb',
      'maxmemory-policy': 'allkeys-lru',
    });
    const warn = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation(() => undefined);
    expect(await failureOf({ url })).toBeUndefined();
    expect(warn.mock.calls.flat().join()).toContain('noeviction');
  });

  it('B2 rejects what a server at its memory limit does not take, and goes on', async () => {
    const { command, url } = await startRedis();
    const log = redisEventLog({ url });
    atEnd('the log', () => log.close());
    await log.append([ENTRY]);
    await command('config', 'set', 'maxmemory', '1');
    await expect(log.append([ENTRY])).rejects.toEqual(
      failure('PUBLISH_REJECTED', 'memory limit'),
    );
    await command('config', 'set', 'maxmemory', '0');
    await expect(log.append([ENTRY])).resolves.toHaveLength(1);
  });

  it('N2 starts without its server where it may wait, and takes it up', async () => {
    const warn = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const port = String(await freePort());
    const url = `redis://127.0.0.1:${port}`;
    const log = redisEventLog({ url, startup: 'wait' });
    atEnd('the log', () => log.close());
    const tail = await log.tail(LISTENER);
    atEnd('the tail', () => tail.stop());
    expect(log.health!.state.status).toBe('down');
    expect(warn).toHaveBeenCalledTimes(1);
    await startRedis({ port });
    await until(() => log.health!.state.status === 'up');
    await expect(log.append([ENTRY])).resolves.toHaveLength(1);
  });

  it('N2 leaves the client that it was given alone', async () => {
    const { command, url } = await startRedis();
    const client = new Redis(url, { keyPrefix: 'mine:' });
    atEnd('the client', () => client.disconnect());
    const log = redisEventLog({ client });
    await log.append([ENTRY]);
    await log.close();
    await client.set('a', '1');
    expect(await command('get', 'mine:a')).toBe('1');
    expect(await command('xlen', '{sse}:log')).toBe(2);
  });
});

/** Answers as a server of version 5 would. */
async function startOldServer(): Promise<number> {
  const info = 'redis_version:5.0.7\r\n';
  const server = createServer((socket) => {
    atEnd('a socket', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const [command] of chunk
        .toString()
        .matchAll(/^(info|role|exists|script|client)\r$/gim)) {
        const isInfo = /info/i.test(command);
        socket.write(isInfo ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  atEnd('the server', () => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
