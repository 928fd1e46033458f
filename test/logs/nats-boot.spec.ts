import { once } from 'node:events';
import { createServer } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { connect } from '@nats-io/transport-node';
import type { TailListener } from 'nestjs-event-stream';
import {
  natsEventLog,
  type NatsEventLogOptions,
} from 'nestjs-event-stream/nats';
import { atEnd } from '../support/at-end.js';
import { freePort } from '../support/engines.js';
import { startNats } from '../support/nats.js';
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

describe('natsEventLog()', () => {
  it.each([
    [{ servers: [] }, /servers must be/],
    [{ servers: 'nats://' }, /servers must be/],
    [{ servers: 5 }, /servers must be/],
    [{ connection: {} }, /connection must have/],
    [{ connect: 'x' }, /connect must be/],
    [{ stream: 'a.b' }, /stream must be/],
    [{ stream: '' }, /stream must be/],
    [{ replicas: 0 }, /replicas must be/],
    [{ replicas: 6 }, /replicas must be/],
    [{ maxAgeMs: 99 }, /maxAgeMs must be/],
    [{ maxAge: 1 }, /maxAge is unknown/],
    [{ startup: 'never' }, /startup must be/],
    [null, /must be an object/],
  ])('refuses the options %j', (options, message) => {
    expect(() => natsEventLog(options as NatsEventLogOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('A5 shows no password of a URL that is none', () => {
    expect(() => natsEventLog({ servers: 'nats://user:secret@' })).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('secret'),
      }),
    );
  });
});

describe('an application that starts with a JetStream log', () => {
  /** What it fails with; undefined if it starts. */
  const failureOf = async (options: NatsEventLogOptions): Promise<unknown> => {
    const log = natsEventLog({ maxBytes: 10_000_000, ...options });
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

  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('N2 fails where nobody listens, and shows no password', async () => {
    const servers = `nats://user:secret@127.0.0.1:${await freePort()}`;
    const error = await failureOf({ servers });
    expect(error).toEqual(
      failure('LOG_UNAVAILABLE', 'start nats-server -js there'),
    );
    expect(String(error)).not.toContain('secret');
  });

  it('N2 fails where the server is silent, in bounded time', async () => {
    const server = createServer((socket) => {
      atEnd('a socket', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    atEnd('the server', () => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await failureOf({ servers: `127.0.0.1:${port}` })).toEqual(
      failure('LOG_UNAVAILABLE', 'cannot be reached'),
    );
  });

  it.each([
    ['none', ''],
    ['wrong ones', 'ann:wrong@'],
  ])(
    'N2 fails where the server asks for credentials, with %s',
    async (_name, credentials) => {
      const { port } = await startNats({
        config: 'authorization { user: ann, password: "r:ght" }',
      });
      const serversWith = (text: string) => `nats://${text}127.0.0.1:${port}`;
      expect(await failureOf({ servers: serversWith(credentials) })).toEqual(
        failure('LOG_UNAVAILABLE', 'refuses the credentials'),
      );
      expect(
        await failureOf({ servers: serversWith('ann:r%3Aght@') }),
      ).toBeUndefined();
    },
  );

  it('N2 fails where JetStream is off', async () => {
    const { url } = await startNats({ hasJetStream: false });
    expect(await failureOf({ servers: url })).toEqual(
      failure('LOG_UNSUITABLE', 'start nats-server with -js'),
    );
  });

  it('N2 fails where the user may not do what the log needs', async () => {
    const { url } = await startNats({
      config:
        'authorization { users: [{ user: ann, password: x, permissions: { publish: ["sse.>"] } }] }',
    });
    expect(
      await failureOf({
        servers: url,
        connect: { user: 'ann', pass: 'x' },
      }),
    ).toEqual(failure('LOG_UNSUITABLE', '$JS.API.>'));
  });

  it('N2 fails where a server of one is asked for replicas', async () => {
    const { url } = await startNats();
    expect(await failureOf({ servers: url, replicas: 3 })).toEqual(
      failure('LOG_UNSUITABLE', 'set replicas to 1'),
    );
  });

  it('N2 fails where the server has no room', async () => {
    const { url } = await startNats();
    expect(await failureOf({ servers: url, maxBytes: 2 ** 40 })).toEqual(
      failure('LOG_UNSUITABLE', 'no room for maxBytes'),
    );
  });

  it.each([
    ['of that name is another', { name: 'sse', subjects: ['mine.>'] }],
    [
      'of that name is a queue',
      { name: 'sse', subjects: ['sse.>'], retention: 'workqueue' as const },
    ],
    ['has the same subjects', { name: 'other', subjects: ['sse.orders'] }],
  ])('N2 fails where a stream %s', async (_name, config) => {
    const { url, manage } = await startNats();
    await manage((jsm) => jsm.streams.add(config));
    expect(await failureOf({ servers: url })).toEqual(
      failure('LOG_UNSUITABLE', 'another name with the option stream'),
    );
    expect(await failureOf({ servers: url, stream: 'free' })).toBeUndefined();
  });

  it('N2 fails at a server that is too old', async () => {
    const port = await startOldServer();
    expect(await failureOf({ servers: `127.0.0.1:${port}` })).toEqual(
      failure('LOG_UNSUITABLE', 'nats-server 2.8.4 is too old'),
    );
  });

  it('N2 changes the bounds of the stream to those of the options', async () => {
    const { url, manage } = await startNats();
    expect(await failureOf({ servers: url })).toBeUndefined();
    const options = { servers: url, maxEvents: 7, maxAgeMs: 60_000 };
    expect(await failureOf(options)).toBeUndefined();
    const { config } = await manage((jsm) => jsm.streams.info('sse'));
    expect(config).toMatchObject({
      max_msgs: 7,
      max_age: 60e9,
      duplicate_window: 60e9,
    });
  });

  it('N2 starts without its server where it may wait, and takes it up', async () => {
    const warn = jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation(() => undefined);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const port = await freePort();
    const log = natsEventLog({
      servers: `127.0.0.1:${port}`,
      startup: 'wait',
    });
    atEnd('the log', () => log.close());
    const tail = await log.tail(LISTENER);
    atEnd('the tail', () => tail.stop());
    expect(log.health!.state.status).toBe('down');
    expect(warn).toHaveBeenCalledTimes(1);
    await startNats({ port });
    await until(() => log.health!.state.status === 'up');
    await expect(log.append([ENTRY])).resolves.toHaveLength(1);
  });

  it('N2 works on the connection that it was given, and leaves it open', async () => {
    const { url } = await startNats();
    const connection = await connect({ servers: url });
    atEnd('the connection', () => connection.close());
    const log = natsEventLog({ connection });
    await expect(log.append([ENTRY])).resolves.toHaveLength(1);
    await log.close();
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
  });

  it('N2 outlives the connection that it was given, which its application drains', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { url } = await startNats();
    const connection = await connect({ servers: url });
    const log = natsEventLog({ connection });
    atEnd('the log', () => log.close());
    const tail = await log.tail(LISTENER);
    atEnd('the tail', () => tail.stop());
    const counts = log.sharedCounts!.join();
    const node = log.presence!.join();
    const drained = connection.drain();
    counts.set('all', 1);
    const claim = { key: 'all', own: 2, limit: 2 };
    await expect(counts.claim(claim)).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    });
    await expect(log.append([ENTRY])).rejects.toMatchObject({
      code: expect.stringMatching(/^PUBLISH_/),
    });
    await drained;
    await until(() => log.health!.state.status === 'down');
    await node.leave();
    await counts.leave();
  });

  it('B2 rejects what the server would not take, and goes on', async () => {
    const { url } = await startNats({ config: 'max_payload: 10000' });
    const log = natsEventLog({ servers: url });
    atEnd('the log', () => log.close());
    const large = { ...ENTRY, json: `"${'x'.repeat(10_000)}"` };
    await expect(log.append([large])).rejects.toEqual(
      failure('PUBLISH_REJECTED', 'max_payload'),
    );
    await expect(
      log.append(Array.from({ length: 1_025 }, () => ENTRY)),
    ).rejects.toEqual(failure('PUBLISH_REJECTED', '1024 events'));
    await expect(log.append([ENTRY])).resolves.toHaveLength(1);
  });
});

/** Greets as a server of version 2.8 would. */
async function startOldServer(): Promise<number> {
  const info = { version: '2.8.4', max_payload: 1_000_000, jetstream: true };
  const server = createServer((socket) => {
    atEnd('a socket', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (chunk.toString().includes('PING')) socket.write('PONG\r\n');
    });
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
  }).listen(0, '127.0.0.1');
  atEnd('the server', () => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
