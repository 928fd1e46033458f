import { Logger } from '@nestjs/common';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { FaultRun, startNode } from '../support/faults/fault-run.js';
import { SilentProxy } from '../support/faults/silent-proxy.js';
import { startNats, type NatsServer } from '../support/nats.js';
import { until } from '../support/until.js';

Logger.overrideLogger(false);

/** Two nodes, on either platform, with one log. */
describe('a JetStream log that things are done to', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  let server: NatsServer;
  let run: FaultRun;
  let logs: ReturnType<typeof natsEventLog>[];

  const begin = async ({
    maxEvents = 100_000,
    url = server.url,
  } = {}): Promise<void> => {
    logs = [1, 2].map(() =>
      natsEventLog({
        servers: url,
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
  const expectOneReset = (): void => {
    for (const client of run.clients) expect(client.resets).toBeGreaterThan(0);
    // Those that stayed.
    for (const client of run.clients.slice(0, 2)) expect(client.resets).toBe(1);
  };

  beforeAll(() => {
    process.on('unhandledRejection', note);
  });

  beforeEach(async () => {
    server = await startNats();
  });

  afterAll(() => {
    process.off('unhandledRejection', note);
    if (unhandled.length > 0)
      throw new AggregateError(unhandled, 'Nobody handled these rejections.');
  });

  it('N1 loses and doubles nothing for clients that roam', async () => {
    await begin();
    await run.publishedMore(300);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
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

  it('N2 goes on behind crashes, with the data', async () => {
    await begin();
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
    await server.process.kill();
    server.save();
    await server.process.start();
    await run.publishedMore(100);
    await server.process.kill();
    server.restore('saved');
    await server.process.start();
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('N4 resets every client behind a restart without data', async () => {
    await begin();
    await server.process.kill();
    server.restore('none');
    await server.process.start();
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('N4 resets every client where the stream was deleted', async () => {
    await begin();
    await server.manage((jsm) => jsm.streams.delete('sse'));
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('N4 resets every client where the stream was made anew', async () => {
    await begin();
    await server.manage(async (jsm) => {
      const { config } = await jsm.streams.info('sse');
      await jsm.streams.delete('sse');
      await jsm.streams.add(config);
    });
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('N2 rejects what is published while its stream is one of others, and goes on behind it', async () => {
    await begin();
    await server.manage(async (jsm) => {
      await jsm.streams.delete('sse');
      await jsm.streams.add({ name: 'sse', subjects: ['mine.>'] });
    });
    await until(areDown);
    const failed = run.ledger.count('rejected') + run.ledger.count('unknown');
    await until(
      () => run.ledger.count('rejected') + run.ledger.count('unknown') > failed,
    );
    await server.manage((jsm) => jsm.streams.delete('sse'));
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('N4 resets every client where what belongs to the stream was deleted', async () => {
    await begin();
    await server.manage((jsm) => jsm.streams.delete('KV_sse_epoch'));
    await until(() => run.clients.slice(0, 2).every((one) => one.resets > 0));
    expect(await run.finish()).toEqual([]);
    expectOneReset();
  });

  it('R3 goes on over a stream that is purged under its readers', async () => {
    await begin();
    for (let times = 0; times < 3; times++) {
      await server.manage((jsm) => jsm.streams.purge('sse'));
      await run.publishedMore(20);
    }
    expect(await run.finish()).toEqual([]);
  });

  it('R3 keeps its promises where the log is shorter than a client is away', async () => {
    await begin({ maxEvents: 10 });
    await run.publishedMore(500);
    expect(await run.finish()).toEqual([]);
  });

  it('N2 goes on behind consumers that are deleted', async () => {
    await begin();
    for (let times = 0; times < 3; times++) {
      await server.manage(async (jsm) => {
        for await (const { name } of jsm.consumers.list('sse'))
          await jsm.consumers.delete('sse', name);
      });
      await run.publishedMore(20);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N2 goes on behind a network that went silent without an end', async () => {
    const proxy = new SilentProxy(server.port);
    await proxy.start();
    await begin({ url: `127.0.0.1:${proxy.port}` });
    proxy.mute();
    await until(areDown);
    proxy.unmute();
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N6 passes over messages of others, and goes on', async () => {
    await begin();
    for (let times = 0; times < 10; times++) {
      await server.manage(async (_jsm, nc) => {
        await nc.request('sse.faults', '{"user":7}');
      });
      await run.publishedMore(10);
    }
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });

  it('N2 settles every publish in bounded time while the server is away, and goes on', async () => {
    await begin();
    await server.process.kill();
    await until(() => run.ledger.count('rejected') >= 20);
    await until(areDown);
    await server.process.start();
    await until(areUp);
    expect(await run.finish()).toEqual([]);
    expect(resets()).toBe(0);
  });
});
