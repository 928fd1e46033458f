import type { Server } from 'node:http';
import {
  Controller,
  Injectable,
  type BeforeApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { NEVER } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { beside } from '../support/beside.js';
import { untilCongested } from '../support/congestion.js';
import { connectHttp2 } from '../support/network.js';
import {
  ALL_PLATFORMS,
  PLATFORMS,
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { RawSocket } from '../support/raw-socket.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

/** Longer than any test may take: what waits for it has failed. */
const FOREVER_MS = 600_000;

let releaseHandler: (() => void) | undefined;

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }

  @SseStream('silent')
  silent() {
    return NEVER;
  }

  @SseStream('slow-handler')
  async slowHandler() {
    await new Promise<void>((resolve) => (releaseHandler = resolve));
    return this.bus.stream('news');
  }

  @SseStream('flood')
  *flood() {
    for (;;) yield 'x'.repeat(10_000);
  }
}

@Injectable()
class LastWords implements OnModuleDestroy, BeforeApplicationShutdown {
  held: Promise<void> | undefined;
  #areSaid = false;

  constructor(private readonly bus: EventBusService) {}

  async onModuleDestroy(): Promise<void> {
    // Nest 11 runs the hooks again when an application is closed again.
    if (this.#areSaid) return;
    this.#areSaid = true;
    await this.bus.publish('news', 'last words');
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.held;
  }
}

const moduleWith = (drain: object) =>
  appOf(
    [StreamsController],
    {
      drain,
      retry: { minMs: 10, maxMs: 20 },
      slowConsumer: { stallTimeoutMs: FOREVER_MS },
    },
    [LastWords],
  );

const start = (
  platform: PlatformName,
  drain: object = {},
): Promise<TestApplication> =>
  startApplication(
    platform,
    moduleWith({
      timeoutMs: FOREVER_MS,
      retry: { minMs: 300, maxMs: 400 },
      ...drain,
    }),
  );

const activeHandles = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((name) => /TCP|Timeout|Immediate/.test(name)).length;

/** Many streams over few sessions: a thousand HTTP/2 connections would only measure their handshakes. */
async function openOnSessions(
  url: string,
  count: number,
): Promise<{ texts: string[]; ended: Promise<unknown> }> {
  const sessions = Array.from({ length: 20 }, () => connectHttp2(url));
  const texts = Array.from({ length: count }, () => '');
  const opened: Promise<unknown>[] = [];
  const ended: Promise<unknown>[] = [];
  for (let index = 0; index < count; index++) {
    const stream = sessions[index % sessions.length]!.request({
      ':path': '/news',
    });
    stream.setEncoding('utf8');
    opened.push(
      new Promise<void>((resolve) => {
        stream.on('data', (text: string) => {
          texts[index] += text;
          if (texts[index]!.includes('stream-live')) resolve();
        });
      }),
    );
    ended.push(new Promise((resolve) => stream.once('end', resolve)));
  }
  await Promise.all(opened);
  return { texts, ended: Promise.all(ended) };
}

describe.each(ALL_PLATFORMS)('app.close() on %s', (platform) => {
  let application: TestApplication;

  it('C5 ends 1,000 open streams at once, each with a farewell, and leaves no handle', async () => {
    const before = activeHandles();
    application = await start(platform);
    let texts: () => string[];
    let ended: Promise<unknown>;
    if (platform === 'fastify-http2') {
      const streams = await openOnSessions(application.url, 1_000);
      texts = () => streams.texts;
      ended = streams.ended;
    } else {
      const clients: SseTestClient[] = [];
      while (clients.length < 1_000) {
        const more = Array.from({ length: 50 }, () =>
          application.open('/news'),
        );
        clients.push(...(await Promise.all(more)));
      }
      await Promise.all(
        clients.map((client) => client.untilType('stream-live')),
      );
      texts = () => clients.map(({ raw }) => raw);
      ended = Promise.all(clients.map((client) => client.untilClosed()));
    }
    expect(await application.app.get(SseConnections).count()).toBe(1_000);

    await application.app.close();
    await ended;

    for (const text of texts()) {
      const blocks = text.split('\n\n').filter((block) => block !== '');
      const retry = Number(/^retry: (\d+)$/.exec(blocks.at(-1)!)?.[1]);
      expect(retry).toBeGreaterThanOrEqual(300);
      expect(retry).toBeLessThanOrEqual(400);
      expect(text).not.toContain('stream-end');
      expect(text).toContain('last words');
    }
    const waits = new Set(
      texts().map((text) => text.trimEnd().split('\n').at(-1)),
    );
    expect(waits.size).toBeGreaterThan(20);
    await until(() => activeHandles() <= before, 'all handles are closed');
  });

  it('C5 sends what other modules publish while they are destroyed', async () => {
    application = await start(platform);
    const client = await application.open('/news');
    await client.untilType('stream-live');
    await application.app.close();
    await client.untilClosed();

    expect(client.isComplete).toBe(true);
    expect(client.types).toEqual([
      'stream-open',
      'stream-live',
      'message',
      'message',
    ]);
    expect(client.events.map(({ data }) => data)).toEqual(['last words']);
    expect(client.blocks.at(-1)!.raw).toMatch(/^retry: 3\d\d|400$/);
  });

  it('C5 refuses new streams while it closes, so that native EventSource comes back', async () => {
    application = await start(platform);
    const lastWords = application.app.get(LastWords);
    let release = (): void => undefined;
    lastWords.held = new Promise((resolve) => (release = resolve));
    const open = await application.open('/news');
    await open.untilType('stream-live');
    const pending = beside(application.open('/slow-handler'));
    await until(() => releaseHandler !== undefined, 'the handler is at work');
    const closing = beside(application.app.close());
    await open.untilEvents(1);
    const refused = await application.open('/news');
    await refused.untilClosed();
    expect(refused.status).toBe(200);
    expect(refused.isComplete).toBe(true);
    expect(refused.headers['content-type']).toBe('text/event-stream');
    expect(Number(refused.blocks[0]!.retry)).toBeGreaterThanOrEqual(300);
    expect(refused.types.at(-1)).toBe('stream-error');
    expect(JSON.parse(refused.blocks.at(-1)!.data!)).toMatchObject({
      code: 'SHUTTING_DOWN',
      retryable: true,
    });
    expect(open.isClosed).toBe(false);

    // A handler that was still at work when the application began to close.
    releaseHandler!();
    const late = await pending;
    await late.untilType('stream-error');
    await late.untilClosed();
    expect(late.types).not.toContain('stream-open');

    release();
    await closing;
    await open.untilClosed();
  });

  it('C5 cuts a client that does not read once it had its time', async () => {
    application = await start(platform, { timeoutMs: 300 });
    const client = await application.open('/flood');
    client.pause();
    await untilCongested(application);
    await application.app.close();
    client.resume();
    await client.untilClosed();
    expect(client.isComplete).toBe(false);
  });

  it('C5 answers for a handler that never does, once it had its time', async () => {
    application = await start(platform, { timeoutMs: 100 });
    releaseHandler = undefined;
    const pending = application.open('/slow-handler');
    await until(() => releaseHandler !== undefined, 'the handler is at work');
    const open = await application.open('/silent');
    await application.app.close();
    await open.untilClosed();
    const refused = await pending;
    await refused.untilClosed();
    expect(refused.types.at(-1)).toBe('stream-error');
    expect(JSON.parse(refused.blocks.at(-1)!.data!)).toMatchObject({
      code: 'SHUTTING_DOWN',
      retryable: true,
    });
    // What it gives after that is nobody's.
    releaseHandler!();
  });

  it('C5 closes for all who ask at the same time', async () => {
    application = await start(platform);
    const client = await application.open('/silent');
    await client.untilType('stream-open');
    await Promise.all([application.app.close(), application.app.close()]);
    await client.untilClosed();
    expect(client.isComplete).toBe(true);
  });

  it('C5 closes twice, and without any stream', async () => {
    application = await start(platform);
    const client = await application.open('/silent');
    await client.untilType('stream-open');
    await application.app.close();
    await application.app.close();
    await client.untilClosed();

    application = await start(platform);
    await application.app.close();
  });

  it('C5 is not held up by connections that carry no request', async () => {
    application = await start(platform);
    const unused = await RawSocket.connect(application.url);
    const session =
      platform === 'fastify-http2' ? connectHttp2(application.url) : undefined;
    const client = await application.open('/silent');
    await client.untilType('stream-open');
    await application.app.close();
    await unused.untilClosed();
    await until(() => session?.destroyed !== false);
  });
});

describe.each(PLATFORMS)('kept-alive connections of %s', (platform) => {
  it('C5 do not hold up app.close() after a stream, nor after another request', async () => {
    const application = await start(platform);
    const idle = await RawSocket.connect(application.url);
    idle.request('/nowhere');
    await idle.until('404');
    const streaming = await RawSocket.connect(application.url);
    streaming.request('/silent');
    await streaming.until('stream-open');
    await application.app.close();
    await streaming.until('retry: ');
    await Promise.all([idle.untilClosed(), streaming.untilClosed()]);
  });

  it('C5 do not hold it up with half of a second request', async () => {
    const application = await start(platform);
    // Nothing else lets go of them while the test runs.
    const server = application.app.getHttpServer() as Server;
    server.headersTimeout = server.requestTimeout = 0;
    server.keepAliveTimeout = 600_000;
    const half = await RawSocket.connect(application.url);
    half.request('/nowhere');
    await half.until('404');
    half.socket.write('GET /nowhere HTTP/1.1\r\nHost: te');
    const behindStream = await RawSocket.connect(application.url);
    behindStream.request('/silent');
    await behindStream.until('stream-open');
    behindStream.socket.write('GET /nowhere HTTP/1.1\r\nHost: te');
    // By the time this is answered the server has read what was sent before it.
    const marker = await application.open('/silent');
    await marker.untilType('stream-open');
    await application.app.close();
    await Promise.all([half.untilClosed(), behindStream.untilClosed()]);
  });
});
