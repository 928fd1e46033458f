import { once } from 'node:events';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { Controller, type INestApplication } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { streamsOf } from '../support/internals.js';
import { connectTcp, connectTls } from '../support/network.js';
import {
  startApplication,
  TLS_PLATFORMS,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

/** Longer than any test may take: what waits for it has failed. */
const FOREVER_MS = 600_000;

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('news')
  news() {
    return this.bus.stream('news');
  }
}

const AppModule = appOf([StreamsController], {
  drain: { timeoutMs: FOREVER_MS, retry: { minMs: 300, maxMs: 400 } },
});

describe.each(TLS_PLATFORMS)(
  'app.close() on $platform by $tls over TLS',
  (way) => {
    let application: TestApplication;
    let port: number;
    let serverSockets: Socket[];

    const configure = (app: INestApplication): void => {
      const server = app.getHttpServer() as Server;
      server.keepAliveTimeout = FOREVER_MS;
      server.headersTimeout = FOREVER_MS;
      server.on('connection', (socket) => {
        serverSockets.push(socket as Socket);
      });
    };

    beforeEach(async () => {
      serverSockets = [];
      application = await startApplication(way.platform, AppModule, {
        ...way,
        configure,
      });
      port = Number(new URL(application.url).port);
    });

    it('C5 ends open streams with a farewell, and leaves nothing', async () => {
      // As browsers do, on HTTP/1.1.
      const headers: Record<string, string> =
        way.tls === 'h2' ? {} : { connection: 'keep-alive' };
      const clients = await Promise.all(
        Array.from({ length: 30 }, () =>
          application.open('/news', { headers }),
        ),
      );
      await Promise.all(
        clients.map((client) => client.untilType('stream-live')),
      );
      const streams = streamsOf(application);
      expect(streams.open).toHaveLength(30);
      await application.app.close();

      expect(serverSockets).toHaveLength(30);
      expect(serverSockets.every(({ destroyed }) => destroyed)).toBe(true);
      expect(streams.isEmpty).toBe(true);
      await Promise.all(clients.map((client) => client.untilClosed()));
      for (const client of clients) {
        expect(client.isComplete).toBe(true);
        expect(Number(client.blocks.at(-1)!.retry)).toBeGreaterThanOrEqual(300);
        expect(client.types).not.toContain('stream-end');
      }
    });

    it.each<[string, () => Promise<Socket>]>([
      ['say nothing, not even for TLS', () => connectTcp(port)],
      [
        'stop within the handshake',
        async () => {
          const socket = await connectTcp(port);
          // The beginning of a ClientHello.
          socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));
          await until(() => serverSockets[0]?.bytesRead === 6);
          return socket;
        },
      ],
      ['are secure and spare', () => connectTls(port, 'http/1.1')],
      [
        'are kept alive after a request',
        async () => {
          const socket = await connectTls(port, 'http/1.1');
          socket.write('GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n');
          await once(socket, 'data');
          return socket;
        },
      ],
      [
        'carry a stream and would be kept alive after it',
        async () => {
          const socket = await connectTls(port, 'http/1.1');
          socket.write('GET /news HTTP/1.1\r\nHost: test\r\n\r\n');
          await once(socket, 'data');
          return socket;
        },
      ],
    ])('C5 is not held up by connections that %s', async (_what, open) => {
      const socket = await open();
      socket.resume();
      const client = await application.open('/news');
      await client.untilType('stream-live');
      await application.app.close();

      await client.untilClosed();
      expect(client.isComplete).toBe(true);
      await until(() => socket.destroyed, 'the connection to be closed');
    });
  },
);

it('C5 is not held up by a spare session of HTTP/2 over TLS', async () => {
  const application = await startApplication('fastify-http2', AppModule, {
    tls: 'h2',
  });
  const { port } = new URL(application.url);
  const socket = await connectTls(Number(port), 'h2');
  socket.resume();
  await application.app.close();
  await until(() => socket.destroyed);
});
