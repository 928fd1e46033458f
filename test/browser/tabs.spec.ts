import { Controller, Get, Header, Module } from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import type * as client from 'nestjs-event-stream-client/shared';
import type { Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bundleClient } from '../support/browser-client.js';
import { launchChromium } from '../support/browser.js';
import { streamsOf } from '../support/internals.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

const TABS = 10;

@Controller()
class PricesController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('prices')
  watch() {
    return this.bus.stream('prices');
  }

  @SseStream('finite')
  finite() {
    return [1, 2];
  }

  @Get(['page', 'elsewhere'])
  @Header('content-type', 'text/html')
  page() {
    return '<!doctype html><title>Prices</title>';
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
  stream: client.SharedEventStream;
  say(kind: string, value: string): void;
}

interface Tab {
  readonly page: Page;
  /** What its stream gave it. */
  readonly prices: number[];
  state: string;
  role: string;
  /** Whether it came back from the back/forward cache. */
  isRestored: boolean;
}

describe.each(PLATFORMS)('tabs of Chromium that share, on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let browser: Browser;
  let context: BrowserContext;
  let script: string;
  let tabs: Tab[];
  let published: number;

  beforeAll(async () => {
    script = await bundleClient('shared/index.ts');
    browser = await launchChromium({ backForwardCache: true });
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    application = await startApplication(platform, AppModule);
    bus = application.app.get(EventBusService);
    context = await browser.newContext();
    tabs = [];
    published = 0;
  });

  afterEach(async () => {
    await context.close();
    await application.close();
  });

  async function openTab(path = '/prices'): Promise<Tab> {
    const page = await context.newPage();
    const tab: Tab = {
      page,
      prices: [],
      state: '',
      role: '',
      isRestored: false,
    };
    await page.exposeFunction('say', (kind: string, value: string) => {
      if (kind === 'price') tab.prices.push(Number(value));
      if (kind === 'state') tab.state = value;
      if (kind === 'role') tab.role = value;
      if (kind === 'restored') tab.isRestored = true;
    });
    await page.goto(`${application.url}/page`);
    await page.addScriptTag({ content: script });
    await page.evaluate((target) => {
      const own = window as unknown as PageWindow;
      const stream = new own.client.SharedEventStream(target, {
        retry: { baseMs: 1 },
      });
      own.stream = stream;
      stream.onAny(({ text }) => own.say('price', text));
      stream.onState(({ name }) => own.say('state', name));
      stream.onRole((role) => own.say('role', role));
    }, path);
    tabs.push(tab);
    return tab;
  }

  async function openTabs(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const tab = await openTab();
      await until(() => tab.state === 'live', 'the tab is live');
    }
  }

  const leader = (): Tab => tabs.find(({ role }) => role === 'leader')!;

  async function publish(count: number): Promise<void> {
    await bus.publishMany(
      Array.from({ length: count }, () => ({
        topic: 'prices',
        event: ++published,
      })),
    );
  }

  /** Until each tab has had everything since it came, once and in order. */
  async function untilAllHave(
    last: number,
    which: readonly Tab[] = tabs,
  ): Promise<void> {
    await until(
      () => which.every(({ prices }) => prices.at(-1) === last),
      `${last} in all tabs`,
    ).catch((error: unknown) => {
      const state = which.map(({ prices, ...tab }) => [
        tab.role,
        tab.state,
        prices.length,
        prices.at(-1),
      ]);
      throw new Error(JSON.stringify(state), { cause: error });
    });
    for (const { prices } of which) {
      const first = prices[0]!;
      expect(prices).toEqual(
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
      );
    }
  }

  it('R2 have one connection, and all get everything', async () => {
    await openTabs(TABS);
    expect(streamsOf(application).open).toHaveLength(1);
    expect(tabs.filter(({ role }) => role === 'leader')).toHaveLength(1);
    await publish(50);
    await untilAllHave(50);
    expect(tabs.map(({ prices }) => prices.length)).toEqual(tabs.map(() => 50));
    (application.app.getHttpServer() as Server).closeAllConnections();
    await publish(50);
    await untilAllHave(100);
    expect(streamsOf(application).open).toHaveLength(1);
  });

  // The server's platform has no part in it: one of them is enough for the long run.
  const rounds =
    platform === 'express' || process.env['TEST_MATRIX'] === 'full' ? 20 : 3;

  it(`R2 miss and repeat nothing when the leader is closed in mid-stream, ${rounds} times`, async () => {
    await openTabs(TABS);
    let isPublishing = true;
    const publishing = (async () => {
      while (isPublishing) {
        await publish(3);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (let round = 0; round < rounds; round++) {
      await until(() => leader() !== undefined, 'a leader');
      const { page } = leader();
      tabs = tabs.filter((tab) => tab.page !== page);
      await page.close();
      await until(() => leader() !== undefined, 'another leader');
      const before = published;
      await until(
        () => tabs.every(({ prices }) => (prices.at(-1) ?? 0) > before),
        'all tabs go on',
      );
      await openTab();
    }
    isPublishing = false;
    await publishing;
    await until(() => tabs.every(({ state }) => state === 'live'));
    await publish(1);
    await untilAllHave(published);
    await until(() => streamsOf(application).open.length === 1);
  }, 300_000);

  it('R2 replace a leader that is frozen, which misses and repeats nothing either when it is back', async () => {
    await openTabs(3);
    await publish(5);
    await untilAllHave(5);
    const frozen = leader();
    const others = tabs.filter((tab) => tab !== frozen);
    const thaw = await freeze(frozen.page);
    await until(
      () => others.some(({ role }) => role === 'leader'),
      'a new one',
    );
    await publish(5);
    await untilAllHave(10, others);
    await thaw();
    await until(() => frozen.role === 'follower', 'it follows');
    await publish(5);
    await untilAllHave(15);
    await until(() => streamsOf(application).open.length === 1);
  });

  it.each([
    ['what another tab still knows', 5],
    ['more than another tab knows', 1500],
  ])(
    'R2 let the leader into the back/forward cache, and back after %s',
    async (_what, count) => {
      await openTabs(3);
      await publish(5);
      await untilAllHave(5);
      const gone = leader();
      const others = tabs.filter((tab) => tab !== gone);
      await gone.page.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          const own = window as unknown as PageWindow;
          if (persisted) own.say('restored', 'yes');
        });
      });
      await gone.page.goto(`${application.url}/elsewhere`);
      await publish(count);
      await untilAllHave(5 + count, others);
      expect(gone.prices.at(-1)).toBe(5);
      await gone.page.evaluate(() => history.back());
      await until(() => gone.isRestored, 'it is back');
      await publish(5);
      await untilAllHave(10 + count);
      await until(() => streamsOf(application).open.length === 1);
    },
  );

  it('W5 all end with the stream', async () => {
    const [first, second] = [
      await openTab('/finite'),
      await openTab('/finite'),
    ];
    await until(() => first.state === 'closed' && second.state === 'closed');
    expect(first.prices).toEqual([1, 2]);
  });

  it('R2 have one each where there are no locks', async () => {
    await context.addInitScript(() => {
      Object.defineProperty(navigator, 'locks', { value: undefined });
    });
    await openTabs(2);
    expect(streamsOf(application).open).toHaveLength(2);
    await publish(2);
    await untilAllHave(2);
  });

  /**
   * Stops all of a page's scripts, which keeps its lock, and gives back how to let it go on. Chromium freezes no page
   * that is visible, and without a screen all are.
   */
  async function freeze(page: Page): Promise<() => Promise<unknown>> {
    const session = await context.newCDPSession(page);
    await session.send('Debugger.enable');
    await session.send('Debugger.pause');
    return () => session.send('Debugger.disable');
  }
});
