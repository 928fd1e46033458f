import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

describe.each(PLATFORMS)("the page of the demo's routes on %s", (platform) => {
  const demo = new DemoProcess(platform);
  let browser: Browser;

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  it('shows a stream with its events, and how to open it', async () => {
    const page = await browser.newPage();
    await page.goto(`${demo.url}/api/docs`);
    await page.click('[id$="AnnouncementsController_watch"]');
    const route = page.locator('[id$="AnnouncementsController_watch"]');
    await until(async () =>
      (await route.innerText()).includes(
        "new EventSource('/api/announcements/stream')",
      ),
    );
    expect(await route.innerText()).toContain('text/event-stream');
    expect(await page.locator('.errors-wrapper').count()).toBe(0);
  });
});
