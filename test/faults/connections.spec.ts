import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Controller, type CanActivate, UseGuards } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { NEVER, of } from 'rxjs';
import { appOf } from '../support/app-of.js';
import { atEnd } from '../support/at-end.js';
import { streamsOf, type HeldStreams } from '../support/internals.js';
import { connectHttp2 } from '../support/network.js';
import {
  ALL_PLATFORMS,
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { RawSocket } from '../support/raw-socket.js';
import { until } from '../support/until.js';

let entered = 0;
let pass: (() => void) | undefined;

class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    entered++;
    await new Promise<void>((resolve) => (pass = resolve));
    return true;
  }
}

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

  @SseStream('short')
  short() {
    return of(1, 2);
  }

  @UseGuards(SlowGuard)
  @SseStream('guarded')
  guarded() {
    return this.bus.stream('news');
  }
}

const moduleWith = (fastPath: boolean) =>
  appOf([StreamsController], { fastPath, retry: false });

const modes = PLATFORMS.flatMap((platform) =>
  [true, false].map((fastPath) => ({ platform, fastPath })),
);

describe.each(modes)(
  'connections of $platform with fastPath $fastPath',
  ({ platform, fastPath }) => {
    let application: TestApplication;
    let bus: EventBusService;
    let streams: HeldStreams;

    beforeAll(async () => {
      application = await startApplication(platform, moduleWith(fastPath), {
        configure: (app) => {
          // A middleware with a time limit of its own, which ends the response under the stream.
          app.use(
            (
              request: { url?: string },
              response: { end(): void },
              next: () => void,
            ) => {
              if (request.url?.includes('limited'))
                endLater = () => response.end();
              next();
            },
          );
        },
      });
      bus = application.app.get(EventBusService);
      streams = streamsOf(application);
    });

    beforeEach(() => {
      // Comes after the end of the clients that the test is going to open.
      atEnd('the streams', () => until(() => streams.isEmpty));
    });

    afterAll(() => application.close());

    let endLater: () => void;

    it('C2 gives a kept-alive socket back as it was, for the next request', async () => {
      const sockets: Socket[] = [];
      const server = application.app.getHttpServer() as Server;
      const remember = (socket: Socket): void => void sockets.push(socket);
      server.on('connection', remember);
      const client = await RawSocket.connect(application.url);
      await until(() => sockets.length === 1);
      server.off('connection', remember);
      const listeners = (): Record<string, number> =>
        Object.fromEntries(
          sockets[0]!
            .eventNames()
            .map((name) => [String(name), sockets[0]!.listenerCount(name)]),
        );
      client.request('/nowhere');
      await client.until('404');
      await until(() => sockets[0]!.timeout !== 0, 'the socket is idle');
      const idleMs = sockets[0]!.timeout!;
      client.request('/short');
      await client.until('0\r\n\r\n');
      const before = listeners();
      for (let round = 0; round < 20; round++) {
        client.request('/short');
        await client.until('HTTP/1.1 200');
        await client.until('data: 2\n\n');
        await client.until('stream-end');
        await client.until('\r\n0\r\n\r\n');
      }
      expect(listeners()).toEqual(before);
      await until(
        () => sockets[0]!.timeout === idleMs,
        'its idle timeout is back',
      );
      client.socket.destroy();
    });

    it('W6 streams to a client of HTTP/1.0, without chunks', async () => {
      const client = await RawSocket.connect(application.url);
      client.request('/news', { version: '1.0' });
      await client.until('stream-live');
      await bus.publish('news', 'one');
      await client.until('\n\n');
      await client.until('\n\n');
      expect(client.text).toBe('');
      await bus.publish('news', 'two');
      await client.until('data: two\n\n');
      client.socket.destroy();
      await client.untilClosed();
    });

    it('W6 answers Expect: 100-continue and streams', async () => {
      const client = await RawSocket.connect(application.url);
      client.request('/short', { headers: 'Expect: 100-continue\r\n' });
      await client.until('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK');
      await client.until('stream-end');
      client.socket.destroy();
    });

    it('C2 keeps pipelined streams in order, and releases them when the client goes', async () => {
      const client = await RawSocket.connect(application.url);
      client.request('/short');
      client.request('/silent');
      client.request('/news');
      await client.until('stream-end');
      await client.until('\r\n0\r\n\r\nHTTP/1.1 200');
      await until(() => streams.open.length === 2);
      await bus.publish('news', 'behind a stream that does not end');
      client.socket.destroy();
      await client.untilClosed();
    });

    it('C2 writes nothing after a response that somebody else has ended', async () => {
      const client = await RawSocket.connect(application.url);
      client.request('/news?limited');
      await client.until('stream-live');
      endLater();
      await bus.publish('news', 'late');
      client.request('/short');
      await client.until('0\r\n\r\n');
      await client.until('HTTP/1.1 200');
      await client.until('stream-end');
      client.socket.destroy();
    });

    it('C2 releases clients that reset their sockets while all are written to', async () => {
      for (let round = 0; round < 5; round++) {
        const clients = await Promise.all(
          Array.from({ length: 20 }, () => RawSocket.connect(application.url)),
        );
        for (const client of clients) client.request('/news');
        await Promise.all(clients.map((client) => client.until('stream-live')));
        for (const [index, client] of clients.entries()) {
          void bus.publish('news', 'x'.repeat(50_000));
          if (index % 2 === 0) client.socket.resetAndDestroy();
          else client.socket.end();
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(clients.map((client) => client.untilClosed()));
      }
    });
  },
);

describe.each(ALL_PLATFORMS)('clients that leave on %s', (platform) => {
  let application: TestApplication;
  let streams: HeldStreams;

  beforeAll(async () => {
    application = await startApplication(platform, moduleWith(true));
    streams = streamsOf(application);
  });

  afterAll(() => application.close());

  /** Sends a request, and gives how to leave without having seen an answer. */
  const requestBare = async (path: string): Promise<() => void> => {
    if (platform === 'fastify-http2') {
      const session = connectHttp2(application.url);
      session.request({ ':path': path }).on('error', () => undefined);
      return () => session.destroy();
    }
    const client = await RawSocket.connect(application.url);
    client.request(path);
    return () => client.socket.destroy();
  };

  const openSockets = (): Promise<number> =>
    new Promise((resolve) => {
      const server = application.app.getHttpServer() as Server;
      server.getConnections((_error, count) => resolve(count));
    });

  it('C2 opens no stream for a client that left while a guard was at work', async () => {
    entered = 0;
    const leave = await requestBare('/guarded');
    await until(() => entered === 1);
    leave();
    await until(
      async () => (await openSockets()) === 0,
      'its socket is closed',
    );
    pass!();
    await application.app.get(EventBusService).publish('news', 1);
    const next = await application.open('/short');
    await next.untilType('stream-end');
    await until(() => streams.isEmpty, 'all connections are released');
  });

  it('C2 leaves nothing behind after 2,000 streams that came and went', async () => {
    for (let round = 0; round < 40; round++) {
      const clients = await Promise.all(
        Array.from({ length: 50 }, () => application.open('/news')),
      );
      expect(streams.open.length).toBeGreaterThan(0);
      for (const client of clients) client.close();
      await until(() => streams.isEmpty, 'all connections are released');
    }
  });
});
