import { Controller } from '@nestjs/common';
import type { Browser } from 'playwright-core';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import { launchChromium, openPage } from '../support/browser.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller()
class PricesController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  watch() {
    return this.bus.stream('prices');
  }
}

const AppModule = appOf([PricesController], { compression: { minBytes: 0 } });

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser.close());

it.each(PLATFORMS)(
  'W6 the browser decodes each event of a compressed stream at once, on %s',
  async (platform) => {
    const application = await startApplication(platform, AppModule);
    const bus = application.app.get(EventBusService);
    const page = await openPage(browser);
    const received: string[] = [];
    let encoding: string | undefined;
    page.on('response', (response) => {
      if (response.url().endsWith('/prices'))
        encoding = response.headers()['content-encoding'];
    });
    await page.exposeFunction(
      'report',
      (data: string) => void received.push(data),
    );
    await page.route('**/', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
    );
    await page.goto(`${application.url}/`);
    await page.evaluate(() => {
      const { report } = window as unknown as {
        report: (data: string) => void;
      };
      const source = new EventSource('/prices');
      source.addEventListener('stream-live', () => report('live'));
      source.addEventListener('message', ({ data }) => report(data));
    });
    await until(() => received.length === 1);
    for (const data of ['1', 'x'.repeat(5_000), 'é']) {
      await bus.publish('prices', data);
      await until(
        () => received.at(-1) === data,
        `the page to get ${data.slice(0, 5)}`,
      );
    }

    expect(encoding).toBe('gzip');
  },
);
