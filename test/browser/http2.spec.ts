import {
  constants,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { Controller, Header, Param } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import type { Browser, Page } from 'playwright-core';
import { appOf } from '../support/app-of.js';
import { launchChromium, openPage } from '../support/browser.js';
import { streamsOf, type HeldStreams } from '../support/internals.js';
import {
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

/** More than three times what a browser opens to one origin on HTTP/1.1. */
const SOURCES = 20;
const indexes = Array.from({ length: SOURCES }, (_, index) => index);

@Controller()
class PricesController {
  constructor(private readonly bus: EventBusService) {}

  // Browsers refuse a response of HTTP/2 that names what belongs to a connection.
  @SseStream('prices/:index')
  @Header('Connection', 'keep-alive')
  @Header('Keep-Alive', 'timeout=5')
  watch(@Param('index') index: string) {
    return this.bus.stream(`prices.${index}`);
  }
}

const AppModule = appOf([PricesController], {
  retry: { minMs: 50, maxMs: 100 },
});

describe("the browser's own EventSource over HTTP/2 and TLS", () => {
  let application: TestApplication;
  let bus: EventBusService;
  let held: HeldStreams;
  let browser: Browser;
  let page: Page;
  let sessions: Set<ServerHttp2Session>;
  let streams: Map<string, ServerHttp2Stream>;
  /** What each EventSource of the page dispatched: types and data, in order. */
  let received: [type: string, data: string][][];

  const dataOf = (index: number, type: string): string[] =>
    received[index]!.filter(([one]) => one === type).map(([, data]) => data);

  const untilAllLive = (times: number): Promise<void> =>
    until(
      () =>
        indexes.every((index) => dataOf(index, 'stream-live').length === times),
      `all to be live ${times} times`,
    );

  const publishToAll = async (data: string): Promise<void> => {
    for (const index of indexes)
      await bus.publish(`prices.${index}`, `${index}: ${data}`);
  };

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    sessions = new Set();
    streams = new Map();
    received = indexes.map(() => []);
    application = await startApplication('fastify-http2', AppModule, {
      tls: 'h2',
      configure: (app) => {
        const server = app.getHttpServer() as Http2SecureServer;
        server.on('session', (session) => {
          sessions.add(session);
          session.once('close', () => sessions.delete(session));
        });
        server.on('stream', (stream, { ':path': path }) => {
          streams.set(String(path), stream);
        });
      },
    });
    bus = application.app.get(EventBusService);
    held = streamsOf(application);
    page = await openPage(browser, { ignoreHTTPSErrors: true });
    await page.exposeFunction(
      'report',
      (index: number, type: string, data: string) => {
        received[index]!.push([type, data]);
      },
    );
    await page.route('**/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
    await page.goto(`${application.url}/`);
    await page.evaluate((count) => {
      const { report } = window as unknown as {
        report: (index: number, type: string, data: string) => void;
      };
      for (let index = 0; index < count; index++) {
        const source = new EventSource(`/prices/${index}`);
        for (const type of ['stream-open', 'stream-live', 'message'])
          source.addEventListener(type, ({ data }) =>
            report(index, type, data),
          );
      }
    }, SOURCES);
    await untilAllLive(1);
  });

  it('W2 R1 opens far more than six streams at once', async () => {
    expect(held.open).toHaveLength(SOURCES);
    await publishToAll('first');
    await publishToAll('second');
    await until(() =>
      indexes.every((index) => dataOf(index, 'message').length === 2),
    );
    expect(received).toEqual(
      indexes.map((index) => [
        ['stream-open', expect.any(String)],
        ['stream-live', '{"replayed":0}'],
        ['message', `${index}: first`],
        ['message', `${index}: second`],
      ]),
    );
  });

  it('R2 misses nothing on any of them when their connection is cut, before the first event and after', async () => {
    for (const round of [1, 2]) {
      for (const session of sessions) session.destroy();
      await publishToAll(`${round}.1`);
      await publishToAll(`${round}.2`);
      await untilAllLive(round + 1);
    }
    for (const index of indexes) {
      expect(dataOf(index, 'message')).toEqual(
        ['1.1', '1.2', '2.1', '2.2'].map((data) => `${index}: ${data}`),
      );
    }
  });

  it('R2 misses nothing on one whose stream alone is cut, and the others do not notice', async () => {
    await publishToAll('before');
    await until(() => dataOf(7, 'message').length === 1);
    streams.get('/prices/7')!.close(constants.NGHTTP2_CANCEL);
    await publishToAll('meanwhile');
    await until(() => dataOf(7, 'stream-live').length === 2);
    await publishToAll('after');
    await until(() =>
      indexes.every((index) => dataOf(index, 'message').length === 3),
    );
    for (const index of indexes) {
      expect(dataOf(index, 'message')).toEqual(
        ['before', 'meanwhile', 'after'].map((data) => `${index}: ${data}`),
      );
      expect(dataOf(index, 'stream-open')).toHaveLength(index === 7 ? 2 : 1);
    }
  });

  it('C2 leaves nothing behind when the page goes', async () => {
    await page.close();
    await until(() => held.isEmpty);
  });

  it('C5 is not held up by them when the application closes', async () => {
    await application.app.close();
    expect(held.isEmpty).toBe(true);
    await until(() => sessions.size === 0);
  });
});
