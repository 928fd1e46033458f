import { Controller, Get, Header, Module } from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import type * as client from 'nestjs-event-stream-client';
import type { Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bundleClient } from '../support/browser-client.js';
import { launchChromium } from '../support/browser.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller()
class PricesController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  watch() {
    return this.bus.stream('prices');
  }

  /** From a real address: Chromium lets a page from nowhere not ask other origins of this machine. */
  @Get('page')
  @Header('content-type', 'text/html')
  page() {
    return '<!doctype html><title>Prices</title>';
  }

  @SseStream('finite')
  finite() {
    return [1, 2];
  }
}

@Module({
  imports: [SseModule.forRoot({ retry: { minMs: 50, maxMs: 100 } })],
  controllers: [PricesController],
})
class AppModule {}

/** What the script of the pages sees. */
interface PageWindow {
  client: typeof client;
  stream: client.EventStream;
  report(kind: string, value: string): Promise<void>;
}

describe.each(PLATFORMS)('the client in Chromium, on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let script: string;
  /** What the page's stream said: kinds and values, in order. */
  let received: [kind: string, value: string][];

  beforeAll(async () => {
    script = await bundleClient();
    application = await startApplication(platform, AppModule, {
      configure: (app) => app.enableCors({ origin: true, credentials: true }),
    });
    bus = application.app.get(EventBusService);
    browser = await launchChromium({ backForwardCache: true });
  });

  afterAll(async () => {
    await browser.close();
    await application.close();
  });

  beforeEach(async () => {
    received = [];
    context = await browser.newContext();
    await context.exposeFunction('report', (kind: string, value: string) => {
      received.push([kind, value]);
    });
    await context.addInitScript(script);
    page = await context.newPage();
    await page.goto(`${application.url}/page`);
  });

  afterEach(() => context.close());

  /** Opens a stream in the page that reports its events and states. */
  async function open(
    url: string,
    { persist = false, withCredentials = false } = {},
  ): Promise<void> {
    await page.evaluate(
      ([target, isPersistent, hasCredentials]) => {
        const own = window as unknown as PageWindow;
        own.stream = new own.client.EventStream(target, {
          retry: { baseMs: 1 },
          withCredentials: hasCredentials,
          ...(isPersistent && { persist: sessionStorage }),
        });
        own.stream.onAny(({ text }) => void own.report('event', text));
        own.stream.onState(({ name }) => void own.report('state', name));
        own.stream.onFailure(
          ({ code, status }) => void own.report('failure', `${code} ${status}`),
        );
      },
      [url, persist, withCredentials] as const,
    );
  }

  const valuesOf = (kind: string): string[] =>
    received.filter(([one]) => one === kind).map(([, value]) => value);

  const untilState = (name: string): Promise<void> =>
    until(() => valuesOf('state').at(-1) === name, `state ${name}`);

  const cutConnections = (): void =>
    (application.app.getHttpServer() as Server).closeAllConnections();

  it('R1 R2 misses nothing and repeats nothing when it is cut', async () => {
    await open('/prices');
    await untilState('live');
    for (const round of [1, 2, 3]) {
      cutConnections();
      await bus.publish('prices', round * 10);
      await bus.publish('prices', round * 10 + 1);
      await until(() => valuesOf('event').length === round * 2);
    }
    expect(valuesOf('event')).toEqual('10 11 20 21 30 31'.split(' '));
  });

  it('W5 ends with the stream', async () => {
    await open('/finite');
    await untilState('closed');
    expect(valuesOf('event')).toEqual(['1', '2']);
    expect(valuesOf('failure')).toEqual([]);
  });

  it('W3 sees the status that refuses it', async () => {
    await open('/nowhere');
    await untilState('closed');
    expect(valuesOf('failure')).toEqual(['REFUSED 404']);
  });

  it('R2 goes on after a reload where the page was before', async () => {
    await open('/prices', { persist: true });
    await untilState('live');
    await bus.publish('prices', 1);
    await until(() => valuesOf('event').length === 1);
    await page.reload();
    await bus.publish('prices', 2);
    await open('/prices', { persist: true });
    await until(() => valuesOf('event').length === 2);
    expect(valuesOf('event')).toEqual(['1', '2']);
  });

  it('R2 comes back with the network', async () => {
    await open('/prices');
    await untilState('live');
    await context.setOffline(true);
    cutConnections();
    await until(() => valuesOf('failure').includes('UNREACHABLE undefined'));
    await bus.publish('prices', 1);
    await context.setOffline(false);
    await until(() => valuesOf('event').length === 1);
    await untilState('live');
  });

  it('R2 resumes with credentials from another origin, with and without a cursor', async () => {
    const { port } = new URL(application.url);
    const url = `http://localhost:${port}/prices`;
    await open(url, { withCredentials: true });
    await untilState('live');
    cutConnections();
    await bus.publish('prices', 1);
    await until(() => valuesOf('event').length === 1);
    expect(valuesOf('event')).toEqual(['1']);
  });

  it('R2 lets its page into the back/forward cache, and goes on when it is back', async () => {
    await open('/prices');
    await untilState('live');
    await bus.publish('prices', 1);
    await until(() => valuesOf('event').length === 1);
    await page.evaluate(() => {
      addEventListener('pageshow', ({ persisted }) => {
        const own = window as unknown as PageWindow;
        void own.report('persisted', String(persisted));
      });
    });
    await page.goto(`${application.url}/page?other`);
    await bus.publish('prices', 2);
    // Playwright's own way waits for a load, which does not come.
    await page.evaluate(() => history.back());
    await until(() => valuesOf('event').length === 2);
    expect(valuesOf('persisted')).toEqual(['true']);
    expect(valuesOf('event')).toEqual(['1', '2']);
    await untilState('live');
  });
});
