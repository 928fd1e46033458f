import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { atEnd } from '../support/at-end.js';
import { FaultRun, startNode } from '../support/faults/fault-run.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

Logger.overrideLogger(false);

/** Two nodes, on either platform, with one log. */
describe('a Redis log that things are done to', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  let server: RedisServer;
  let run: FaultRun;
  let logs: ReturnType<typeof redisEventLog>[];

  const begin = async (
    options: Record<string, string> = {},
    maxEvents = 100_000,
  ): Promise<void> => {
    server = await startRedis(options);
    logs = ['express', 'fastify'].map(() =>
      redisEventLog({
        url: server.url,
        maxEvents,
        publishTimeoutMs: 2_000,
        window: { maxEvents: 500 },
      }),
    );
    const nodes = [
      await startNode('express', logs[0]!),
      await startNode('fastify', logs[1]!),
    ];
    run = new FaultRun(nodes);
    await run.start();
  };
  const areDown = () =>
    logs.every(({ health }) => health?.state.status === 'down');
  const areUp = () => logs.every(({ health }) => health?.state.status === 'up');
  const resets = () => run.clients.reduce((sum, one) => sum + one.resets, 0);

  // The first thing to be registered is the last one to be closed.
  beforeEach(() => {
    process.on('unhandledRejection', note);
    atEnd('the look for rejections that nobody handles', () => {
      process.off('unhandledRejection', note);
      const [first] = unhandled.splice(0);
      if (first !== undefined) throw first as Error;
    });
  });

  it('N1 loses and doubles nothing for clients that roam', async () => {
    await begin();
    await run.publishedMore(300);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
    expect(run.ledger.count('published')).toBeGreaterThan(300);
    expect(run.ledger.count('rejected') + run.ledger.count('unknown')).toBe(0);
  });

  it('N2 goes on where it was behind a server that was stopped and continued', async () => {
    await begin();
    server.process.freeze();
    try {
      await until(areDown);
      await until(() => run.ledger.count('unknown') > 0);
    } finally {
      server.process.thaw();
    }
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N2 goes on behind a crash, with all that was synced', async () => {
    await begin({ appendonly: 'yes', appendfsync: 'always' });
    for (let times = 0; times < 3; times++) {
      await server.process.kill();
      await server.process.start();
      await run.publishedMore(50);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N4 resets every client behind a restart with an older state of the data', async () => {
    await begin();
    await server.command('save');
    const { folder } = server.process;
    const saved = join(folder, 'dump.rdb');
    copyFileSync(saved, join(folder, 'older.rdb'));
    await run.publishedMore(100);
    await server.process.kill();
    copyFileSync(join(folder, 'older.rdb'), saved);
    await server.process.start();
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  });

  // As behind a proxy that keeps its connections and has another server behind them, with the state of a while ago.
  it('N4 resets every client where the data goes back and no connection breaks', async () => {
    await begin({ 'enable-debug-command': 'yes' });
    await server.command('save');
    await run.publishedMore(100);
    await server.command('debug', 'reload', 'nosave');
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  });

  it('N4 resets every client behind a restart without data', async () => {
    await begin();
    await server.process.kill();
    await server.process.start();
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  });

  it.each([
    ['FLUSHALL', ['flushall']],
    ['DEL of the stream', ['del', '{sse}:log']],
    ['DEL of what belongs to it', ['del', '{sse}:meta']],
  ])('N4 resets every client behind %s', async (_name, command) => {
    await begin();
    await server.command(...command);
    expect(await run.finish()).toEqual([]);
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  });

  it.each(['log', 'meta'])(
    'N2 rejects what is published while its key %s holds something of others, and goes on behind it',
    async (key) => {
      await begin();
      await server.command('set', `{sse}:${key}`, 'mine');
      await until(() => run.ledger.count('rejected') >= 20);
      await until(areDown);
      await server.command('del', `{sse}:${key}`);
      await until(areUp);
      expect(await run.finish()).toEqual([]);
      for (const client of run.clients.slice(0, 2))
        expect(client.resets).toBe(1);
    },
  );

  it('N2 goes on behind connections that are killed', async () => {
    await begin();
    for (let times = 0; times < 5; times++) {
      await server.command('client', 'kill', 'TYPE', 'normal');
      await run.publishedMore(20);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('R3 trims under its readers, and tells those whose place is gone', async () => {
    await begin();
    await server.command('xtrim', '{sse}:log', 'MAXLEN', '0');
    await run.publishedMore(20);
    await server.command('xtrim', '{sse}:log', 'MAXLEN', '3');
    expect(await run.finish()).toEqual([]);
  });

  it('R3 keeps its promises where the log is shorter than a client is away', async () => {
    await begin({}, 10);
    await run.publishedMore(500);
    expect(await run.finish()).toEqual([]);
  });

  it('N6 passes over entries of others, once warned, and goes on', async () => {
    await begin();
    for (let times = 0; times < 10; times++) {
      await server.command('xadd', '{sse}:log', '*', 'user', '7');
      await run.publishedMore(10);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('B2 goes on behind an id of the far future that somebody else has given', async () => {
    await begin();
    const ahead = Date.now() * 1_000 + 3_600_000_000;
    await server.command('xadd', '{sse}:log', `${ahead}-0`, 'user', '7');
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N2 settles every publish in bounded time while the server is away, and goes on', async () => {
    await begin({ appendonly: 'yes', appendfsync: 'always' });
    await server.process.kill();
    await until(() => run.ledger.count('rejected') >= 5);
    await until(areDown);
    await server.process.start();
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });
});
