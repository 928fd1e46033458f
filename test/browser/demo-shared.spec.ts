import { jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PageProblems } from '../support/page-problems.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

describe.each(PLATFORMS)("the demo's page Tabs on %s", (platform) => {
  const demo = new DemoProcess(platform);
  const problems = new PageProblems();
  let browser: Browser;
  let context: BrowserContext;
  let tabs: Page[];

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  beforeEach(async () => {
    context = await browser.newContext();
    tabs = [];
  });

  afterEach(async () => {
    await context.close();
    problems.check();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  const textOf = (page: Page, id: string) => page.textContent(`#${id}`);
  const numberOf = async (page: Page, id: string) =>
    Number(await textOf(page, id));

  async function openTab(): Promise<void> {
    const page = await context.newPage();
    problems.watch(page);
    await page.goto(`${demo.url}/tabs`);
    tabs.push(page);
    await untilCounting(page);
  }

  /** Until a tab has got some numbers more. */
  async function untilCounting(page: Page): Promise<void> {
    const before = await numberOf(page, 'received');
    await until(async () => (await numberOf(page, 'received')) > before + 3);
  }

  async function leader(): Promise<Page | undefined> {
    for (const tab of tabs)
      if ((await tab.getAttribute('#self', 'data-role')) === 'leader')
        return tab;
    return undefined;
  }

  it('R2 shows ten tabs on one connection, whose lead changes hands without a gap', async () => {
    for (let count = 0; count < 10; count++) await openTab();
    for (const tab of tabs) expect(await textOf(tab, 'tab-count')).toBe('10');
    expect(await textOf(tabs[3]!, 'connections')).toBe('1');

    const first = (await leader())!;
    await first.click('#give-up');
    await until(async () => {
      const next = await leader();
      return next !== undefined && next !== first;
    }, 'another leader');
    for (const tab of tabs) await untilCounting(tab);

    const second = (await leader())!;
    tabs = tabs.filter((tab) => tab !== second);
    await second.close();
    await until(async () => (await leader()) !== undefined, 'a third leader');
    for (const tab of tabs) {
      await untilCounting(tab);
      expect(await textOf(tab, 'missing')).toBe('0');
      expect(await textOf(tab, 'twice')).toBe('0');
    }
    await until(
      async () => (await textOf(tabs[0]!, 'connections')) === '1',
      'one connection',
    );
  });
});
