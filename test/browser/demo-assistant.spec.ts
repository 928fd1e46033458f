import type { Browser, Page } from 'playwright-core';
import { launchChromium, openPage } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

describe.each(PLATFORMS)("the demo's assistant on %s", (platform) => {
  const demo = new DemoProcess(platform);
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  beforeEach(async () => {
    page = await openPage(browser);
    await page.goto(`${demo.url}/assistant`);
  });

  const answerOf = async (one: Page): Promise<string> =>
    (await one.textContent('#answer')) ?? '';
  const untilOutcome = (one: Page, text: string) =>
    one.getByText(text, { exact: true }).waitFor();

  async function ask(): Promise<void> {
    await page.fill('#prompt', 'tides');
    await page.click('button[type=submit]');
    await until(async () => (await answerOf(page)).length > 40);
  }

  it('G2 goes on after a reload in the middle, and in a second tab, with the same words', async () => {
    await ask();
    await page.reload();
    const second = await openPage(browser);
    await second.goto(page.url());
    await untilOutcome(page, 'The answer is complete.');
    await untilOutcome(second, 'The answer is complete.');

    const answer = await answerOf(page);
    expect(answer).toMatch(/^You asked about “tides”\. A stream /);
    expect(answer).toMatch(/the same every time\. $/);
    expect(await answerOf(second)).toBe(answer);
  });

  it('G1 stops for everybody when one presses stop', async () => {
    await ask();
    const second = await openPage(browser);
    await second.goto(page.url());
    await until(async () => (await answerOf(second)).length > 40);
    await page.click('#stop');
    await untilOutcome(page, 'Stopped.');
    await untilOutcome(second, 'The answer is complete.');
    expect(await page.isDisabled('#stop')).toBe(true);
    expect(await answerOf(page)).not.toContain('the same every time');
    expect(await answerOf(second)).toBe(await answerOf(page));
  });

  it('says what is wrong with a prompt', async () => {
    await page.fill('#prompt', 'x');
    await page.click('button[type=submit]');
    await page
      .getByText('prompt must be longer than or equal to 3 characters')
      .waitFor();
    expect(await answerOf(page)).toBe('');
  });
});
