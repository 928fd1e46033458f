import { Controller, Module } from '@nestjs/common';
import express from 'express';
import httpProxy from 'http-proxy';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { fileURLToPath } from 'node:url';
import { StreamCollector } from '../support/collected-stream.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const HEARTBEAT_MS = 300;

const viteProxy = fileURLToPath(
  new URL('../support/vite-proxy.mjs', import.meta.url),
);

@Controller()
class PricesController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  watch() {
    return this.bus.stream('prices');
  }
}

@Module({
  imports: [
    SseModule.forRoot({
      heartbeat: { intervalMs: HEARTBEAT_MS },
      retry: { minMs: 20, maxMs: 50 },
    }),
  ],
  controllers: [PricesController],
})
class AppModule {}

interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/** The proxies that leave a stream open and silent when the server's side of it is cut, as they are by default. */
const PROXIES: Record<string, (target: string) => Promise<Proxy>> = {
  'http-proxy': (target) => {
    const proxy = httpProxy.createProxyServer({ target });
    proxy.on('error', (_error, _request, response) => response.destroy());
    return listening(
      http.createServer((request, response) => proxy.web(request, response)),
    );
  },
  'http-proxy-middleware': (target) => {
    const app = express();
    app.use(createProxyMiddleware({ target }));
    return listening(http.createServer(app));
  },
  "vite's dev server": async (target) => {
    const child = spawn(process.execPath, [viteProxy, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [port] = (await Promise.race([
      once(child.stdout, 'data'),
      exited,
    ])) as [unknown];
    return {
      url: `http://127.0.0.1:${Number(port)}`,
      close: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  },
};

async function listening(server: Server): Promise<Proxy> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.each(Object.keys(PROXIES))('the client behind %s', (name) => {
  describe.each(PLATFORMS)('with the server on %s', (platform) => {
    const streams = new StreamCollector();
    let application: TestApplication;
    let proxy: Proxy | undefined;

    beforeEach(async () => {
      application = await startApplication(platform, AppModule);
      proxy = await PROXIES[name]!(application.url);
    });

    afterEach(async () => {
      streams.closeAll();
      await proxy?.close();
      await application.close();
    });

    it('C1 R2 notices by the missing heartbeat that the stream is dead, and misses and repeats nothing', async () => {
      const bus = application.app.get(EventBusService);
      const collected = streams.open(`${proxy!.url}/prices`, {
        retry: { baseMs: 1 },
      });
      await collected.untilState('live');
      await bus.publish('prices', 1);
      await collected.untilEvents(1);
      for (const round of [1, 2]) {
        (application.app.getHttpServer() as Server).closeAllConnections();
        await bus.publish('prices', round * 10);
        await bus.publish('prices', round * 10 + 1);
        await collected.untilEvents(1 + round * 2);
        await until(() => collected.stream.state.name === 'live');
      }
      expect(collected.texts).toEqual(['1', '10', '11', '20', '21']);
      // Nothing else told it.
      expect(new Set(collected.codes)).toEqual(new Set(['SILENT']));
    });
  });
});
