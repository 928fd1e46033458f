import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

describe.each(PLATFORMS)('the demo on %s', (platform) => {
  const demo = new DemoProcess(platform);
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  beforeEach(async () => {
    problems = [];
    page = await openPage(browser);
    page.on('pageerror', (error) => problems.push(error.message));
  });

  afterEach(() => {
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });

  const textOf = async (selector: string): Promise<string> =>
    (await page.textContent(selector)) ?? '';
  const fact = (name: string) => textOf(`[data-fact="${name}"]`);
  const untilText = (selector: string, pattern: RegExp) =>
    until(
      async () => pattern.test(await textOf(selector)),
      `${selector} to show ${pattern}`,
    );
  const untilLive = () => untilText('[data-fact="replayed"]', /^\d+$/);

  it('leads from its first page to the others', async () => {
    await page.goto(demo.url);
    for (const name of ['Dashboard', 'Log tail', 'Clock', 'Typewriter']) {
      await page.getByRole('link', { name }).first().click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
  });

  it('R2 draws the dashboard, and misses none of 500 events when its socket is cut', async () => {
    await page.goto(`${demo.url}/dashboard`);
    await untilLive();
    await page.locator('#chart-cpu canvas').waitFor();
    await page.click('#cut-burst');
    await untilText('#burst-result', /500 of 500 events arrived/);

    expect(await textOf('#burst-result')).toMatch(
      /none missing, none twice, all in order/,
    );
    expect(await fact('reconnects')).toBe('1');
    expect(await fact('resets')).toBe('0');
  });

  it('R2 follows the log through cuts and a reload, without a gap', async () => {
    await page.goto(`${demo.url}/log-tail`);
    await untilLive();
    const linesAt = async () => Number(await textOf('#log-lines'));
    for (const disturb of [
      () => page.click('[data-action="cut"]'),
      () => page.reload(),
    ]) {
      const before = await linesAt();
      await disturb();
      for (let count = 0; count < 5; count++) await fetch(`${demo.url}/clock`);
      await until(async () => (await linesAt()) >= before + 5);
    }

    expect(await textOf('#log-gaps')).toBe('0');
    expect(await textOf('#log-doubles')).toBe('0');
    expect(await fact('resets')).toBe('0');
  });

  it('W1 shows the time every second until it is closed', async () => {
    await page.goto(`${demo.url}/clock`);
    await untilText('[data-fact="received"]', /^[1-9]/);
    await untilText('#wire', /event: connecttime/);
    await page.click('#toggle');
    await untilText('body', /closed/);
    const shown = await textOf('#time');
    await page.click('#toggle');
    await until(async () => (await textOf('#time')) !== shown);
  });

  it('W5 types its text once, and the browser stays away afterwards', async () => {
    let opened = 0;
    page.on('request', (request) => {
      if (request.url().includes('typewriter/stream')) opened++;
    });
    await page.goto(`${demo.url}/typewriter`);
    await page.check('#leave-open');
    await page.click('#restart');
    await untilText('#outcome', /told to stop with 204/);

    expect((await textOf('#text')).length).toBeGreaterThan(500);
    // The first load, the restart, and the reconnect that was answered 204.
    expect(opened).toBe(3);
  });

  it('publishes to every page, and shows what a validator refuses', async () => {
    const other = await openPage(browser);
    for (const one of [page, other]) {
      await one.goto(`${demo.url}/publish`);
      await one.locator('#feed-empty').waitFor({ state: 'attached' });
    }
    await untilLive();
    await page.fill('#title', 'x');
    await page.click('#form button[type="submit"]');
    await untilText('#title-error', /3/);
    const title = `Release ${Math.random()}`;
    await page.fill('#title', title);
    await page.click('#form button[type="submit"]');
    for (const one of [page, other]) {
      await one.locator('#feed').getByText(title).waitFor();
    }
  });

  it('R3 is told by one reset when the server was killed and has another log', async () => {
    await page.goto(`${demo.url}/dashboard`);
    await untilLive();
    await page.click('#burst');
    await untilText('#burst-result', /\d+ of 500 events arrived/);
    await demo.kill();
    await demo.start();
    await untilText('[data-fact="resets"]', /^1$/);
    await untilText('[data-fact="replayed"]', /^0$/);
    await page.click('#burst');
    await untilText('#burst-result', /500 of 500 .*none twice, all in order/);

    expect(await fact('resets')).toBe('1');
  });
});
