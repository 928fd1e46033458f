import type { Server } from 'node:http';
import { constants, gunzipSync } from 'node:zlib';
import { Controller, Get, Header, Headers } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseStream,
} from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { CountingClient } from '../support/counting-client.js';
import { connectHttp2 } from '../support/network.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';
import { PROXY_SERVERS } from './servers.js';
import { startProxy, waysOf, type RunningProxy } from './start-proxy.js';

const HEARTBEAT_MS = 200;
/** More than nginx and Apache hold by themselves. */
const MANY = 300;

@Controller()
class ShopController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  prices() {
    return this.bus.stream('prices');
  }

  /** Nothing is written that could fail. */
  @SseStream('silent', { heartbeat: false })
  silent() {
    return this.bus.stream('silent');
  }

  @SseStream('compressed', { compression: { minBytes: 0 } })
  compressed() {
    return this.bus.stream('prices');
  }

  @Get('page')
  @Header('Content-Type', 'text/html')
  page() {
    return '<p>A page.</p>'.repeat(500);
  }

  @Get('address')
  address(@Headers('x-forwarded-for') address: string) {
    return { address };
  }
}

const AppModule = appOf([ShopController], {
  heartbeat: { intervalMs: HEARTBEAT_MS },
});

describe.each(PROXY_SERVERS)(
  '$name as docs/proxies.md sets it up',
  (server) => {
    describe.each(PLATFORMS)('in front of %s', (platform) => {
      let application: TestApplication;
      let bus: EventBusService;
      let connections: SseConnections;
      let proxy: RunningProxy;

      beforeAll(async () => {
        application = await startApplication(platform, AppModule);
        bus = application.app.get(EventBusService);
        connections = application.app.get(SseConnections);
        proxy = await startProxy(server, application.url);
      });

      const untilOpen = (count: number): Promise<void> =>
        until(
          async () => (await connections.count()) === count,
          `${count} open streams`,
        );

      describe.each(waysOf(server))('by %s', (way) => {
        afterEach(() => untilOpen(0));

        it('W2 hands on each event without waiting for the next one', async () => {
          const client = await proxy.open(way, '/prices');
          await client.untilType('stream-live');
          for (const price of [1, 2, 3]) {
            await bus.publish('prices', price);
            await client.untilEvents(price);
          }
          client.close();
        });

        it('C2 has the application see that a client has left', async () => {
          const path = server.tellsOfLeaving ? '/silent' : '/prices';
          const client = await proxy.open(way, path);
          await untilOpen(1);
          client.close();
          await untilOpen(0);
        });

        it('R2 tells a client that its stream is cut, and hands on the id that it comes back with', async () => {
          let client = await proxy.open(way, '/prices');
          await client.untilType('stream-live');
          for (const round of [10, 20]) {
            await bus.publish('prices', round);
            await client.untilEvents(1);
            (application.app.getHttpServer() as Server).closeAllConnections();
            await client.untilClosed();
            await bus.publish('prices', round + 1);
            await bus.publish('prices', round + 2);
            const { lastId: lastEventId } = client;
            client = await proxy.open(way, '/prices', { lastEventId });
            const missed = await client.untilEvents(2);
            expect(missed.map(({ data }) => data)).toEqual([
              String(round + 1),
              String(round + 2),
            ]);
            expect(client.types).not.toContain('stream-reset');
            client.close();
            client = await proxy.open(way, '/prices');
            await client.untilType('stream-live');
          }
          client.close();
        });

        it('S1 compresses pages, and leaves streams as the application sends them', async () => {
          const headers = { 'accept-encoding': 'gzip' };
          const options = { headers, encoding: 'latin1' } as const;
          const page = await proxy.open(way, '/page', {
            headers: { ...headers, accept: 'text/html' },
          });
          const plain = await proxy.open(way, '/prices', options);
          const compressed = await proxy.open(way, '/compressed', options);
          expect(page.headers['content-encoding']).toBe('gzip');
          expect(plain.headers['content-encoding']).toBeUndefined();
          expect(compressed.headers['content-encoding']).toBe('gzip');
          await plain.untilType('stream-live');
          await compressed.until(() => inflated(compressed).includes('live'));
          await bus.publish('prices', 4711);
          await plain.untilEvents(1);
          await compressed.until(() => inflated(compressed).includes('4711'));
          for (const client of [page, plain, compressed]) client.close();
        });

        it('C3 hands on the address of the client, that limits count by', async () => {
          const client = await proxy.open(way, '/address');
          await client.untilClosed();
          expect(client.raw).toBe('{"address":"127.0.0.1"}');
        });

        it('S4 holds many streams', async () => {
          const clients: CountingClient[] = [];
          for (let count = 0; count < MANY; count++)
            clients.push(
              await CountingClient.open(`${proxy.urlOf(way)}/prices`, way),
            );
          await untilOpen(MANY);
          await bus.publish('prices', 0);
          await until(() => clients.every(({ count }) => count === 1));
          for (const client of clients) client.close();
        });
      });

      if (server.hasTls)
        it('S4 holds the streams of one connection of HTTP/2 side by side', async () => {
          const session = connectHttp2(proxy.urlOf('h2'));
          const count = server.streamsOfOneConnection;
          for (let index = 0; index < count; index++)
            session.request({ ':path': '/prices' }).resume();
          await untilOpen(count);
          session.destroy();
          await untilOpen(0);
        });
    });
  },
);

/** What has come so far of a stream that is compressed. */
function inflated({ raw }: SseTestClient): string {
  if (raw === '') return '';
  return gunzipSync(Buffer.from(raw, 'latin1'), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }).toString();
}
