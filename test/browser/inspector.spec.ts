import { jest } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium, openContext } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PageProblems } from '../support/page-problems.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

describe('the inspector in the demo', () => {
  const demo = new DemoProcess('express');
  let browser: Browser;

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  const person = async (user: string) => {
    const context = await openContext(browser);
    const data = { user };
    await context.request.post(`${demo.url}/api/session`, { data });
    return context;
  };

  it('shows the admin who is connected and what is published, filters, and disconnects', async () => {
    const ann = await (await person('ann')).newPage();
    await ann.goto(`${demo.url}/dashboard`);
    const page = await (await person('admin')).newPage();
    const problems = new PageProblems();
    problems.watch(page);
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(`${demo.url}/admin/inspector`);

    const rows = page.locator('#streams tr');
    const annRow = rows.filter({ hasText: 'DashboardController' }).first();
    await annRow.waitFor();
    await page.locator('#status', { hasText: 'watching' }).waitFor();
    await page.locator('#topics tr', { hasText: 'demo.metrics' }).waitFor();
    await page
      .locator('#events tr', { hasText: 'demo.metrics' })
      .first()
      .waitFor();
    await until(async () => (await page.textContent('#blocks')) !== '–');
    expect(await page.isVisible('#draining')).toBe(false);
    await screenshots(page);

    await page.fill('#filter', 'nobody of this name');
    await page
      .locator('#streams-none', { hasText: 'No stream matches' })
      .waitFor();
    await page.fill('#filter', 'ann');
    await until(async () => (await rows.count()) > 0);
    const id = await rows
      .first()
      .locator('button')
      .getAttribute('data-connection');
    await page.check('#terminal');
    await page.click(`[data-connection="${id}"]`);
    await page.locator('#say', { hasText: 'Disconnected.' }).waitFor();
    await page
      .locator(`[data-connection="${id}"]`)
      .waitFor({ state: 'detached' });

    // Nothing of another host, and no sideways scroll on any screen.
    expect([...hosts]).toEqual([new URL(demo.url).host]);
    for (const width of [1280, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      const scrollWidth = await page.evaluate(
        () => document.documentElement.scrollWidth,
      );
      expect(scrollWidth).toBe(width);
    }
    problems.check();
  });

  it('is shown to nobody else', async () => {
    const ann = await person('ann');
    const response = await ann.request.get(`${demo.url}/admin/inspector`);
    expect(response.status()).toBe(403);
  });
});

/** For people to look at, if they say where. */
async function screenshots(
  page: import('playwright-core').Page,
): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      const path = join(folder, `inspector-${width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: width === 1280 });
    }
  }
}
