import { Controller } from '@nestjs/common';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { appOf } from '../support/app-of.js';
import { launchChromium, openPage } from '../support/browser.js';
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
}

const AppModule = appOf([PricesController], {
  retry: { minMs: 50, maxMs: 100 },
});

describe.each(PLATFORMS)("the browser's own EventSource, on %s", (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let browser: Browser;
  let page: Page;
  /** What the page's EventSource dispatched: types and data, in order. */
  let received: [type: string, data: string][];

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
    browser = await launchChromium();
    page = await openPage(browser);
    await page.exposeFunction('report', (type: string, data: string) => {
      received.push([type, data]);
    });
    await page.route('**/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
  });

  afterAll(async () => {
    await browser.close();
    await application.close();
  });

  beforeEach(async () => {
    received = [];
    await page.goto(`${application.url}/`);
    await page.evaluate(() => {
      const { report } = window as unknown as {
        report: (type: string, data: string) => void;
      };
      const source = new EventSource('/prices');
      for (const type of ['stream-open', 'stream-live', 'price'])
        source.addEventListener(type, ({ data }) => report(type, data));
    });
    await until(() => dataOf('stream-live').length === 1);
  });

  it('W1 R1 opens, says when it is live and delivers line breaks and any text', async () => {
    const text = 'first\nsecond: \u{1F4C8} é';
    await bus.publish('prices', { type: 'price', data: text });
    await until(() => dataOf('price').length > 0);
    expect(received).toEqual([
      ['stream-open', expect.any(String)],
      ['stream-live', '{"replayed":0}'],
      ['price', text],
    ]);
  });

  it('R2 misses nothing when its connection is cut, before its first event and after', async () => {
    for (const round of [1, 2]) {
      cutConnections();
      await bus.publish('prices', { type: 'price', data: `${round}.1` });
      await bus.publish('prices', { type: 'price', data: `${round}.2` });
      await until(() => dataOf('stream-live').length > round);
    }
    expect(dataOf('price')).toEqual(['1.1', '1.2', '2.1', '2.2']);
    expect(dataOf('stream-live').slice(1)).toEqual([
      '{"replayed":2}',
      '{"replayed":2}',
    ]);
  });

  function dataOf(type: string): string[] {
    return received.filter(([one]) => one === type).map(([, data]) => data);
  }

  function cutConnections(): void {
    (application.app.getHttpServer() as Server).closeAllConnections();
  }
});
