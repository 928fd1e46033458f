import { jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PageProblems } from '../support/page-problems.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

/** More than the six connections that Chromium opens to one site over HTTP/1.1. */
const PATHS = [
  '/account',
  '/log-tail',
  '/dashboard',
  '/clock',
  '/publish',
  '/log-tail',
  '/dashboard',
  '/clock',
];

describe.each(PLATFORMS)('tabs of the demo on %s', (platform) => {
  const demo = new DemoProcess(platform);
  const problems = new PageProblems();
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  beforeEach(async () => {
    context = await browser.newContext();
  });

  afterEach(async () => {
    await context.close();
    problems.check();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  const stateOf = (page: Page) => page.getAttribute('#pill', 'data-state');
  const untilState = (page: Page, state: string) =>
    until(async () => (await stateOf(page)) === state, `to be ${state}`);
  const openTab = async (path: string): Promise<Page> => {
    const page = await context.newPage();
    problems.watch(page);
    await page.goto(demo.url + path);
    if (path !== '/account') await untilState(page, 'live');
    return page;
  };
  const openStreams = async (): Promise<number> => {
    const admin = await browser.newContext();
    const data = { user: 'admin' };
    await admin.request.post(`${demo.url}/api/session`, { data });
    const list = await admin.request.get(`${demo.url}/api/admin/connections`);
    const { length } = (await list.json()) as unknown[];
    await admin.close();
    return length;
  };

  it.each(['nobody', 'ann'])(
    'loads eight of them, each live when it is opened, for %s',
    async (user) => {
      if (user !== 'nobody') {
        const data = { user };
        await context.request.post(`${demo.url}/api/session`, { data });
      }
      const tabs: Page[] = [];
      for (const path of PATHS) tabs.push(await openTab(path));

      // What a page asks for does not wait behind the streams.
      await tabs[5]!.click('#request');
      await tabs[5]!
        .locator('#log')
        .getByText('/api/log/ping')
        .last()
        .waitFor();
      await until(async () => (await openStreams()) === 5, 'five streams');
      if (user === 'nobody') return;
      await tabs[0]!.click('[data-to="ann"]');
      for (const tab of tabs) {
        await until(
          async () => (await tab.textContent('#unread-count')) === '1',
          'one unread in every tab',
        );
      }
    },
  );

  it('R2 pauses the tab that was not looked at for longest, which goes on without a gap', async () => {
    const oldest = await openTab('/log-tail');
    const others: Page[] = [];
    for (const path of PATHS.slice(1, 6)) others.push(await openTab(path));
    await untilState(oldest, 'paused');
    for (const other of others) expect(await stateOf(other)).toBe('live');
    for (let count = 0; count < 5; count++) await fetch(`${demo.url}/clock`);
    await oldest.getByRole('button', { name: 'Go on here' }).click();
    await untilState(oldest, 'live');
    await until(
      async () =>
        Number(await oldest.textContent('[data-fact="replayed"]')) >= 5,
      'what was missed to be replayed',
    );

    expect(await oldest.textContent('#log-gaps')).toBe('0');
    expect(await oldest.textContent('#log-doubles')).toBe('0');
    await untilState(others[0]!, 'paused');
  });
});
