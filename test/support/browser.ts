import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { atEnd } from './at-end.js';

/**
 * Starts Chromium without a sandbox, which root has none of, and without the calls it makes on its own. It is closed
 * at the end.
 */
export async function launchChromium({
  backForwardCache = false,
} = {}): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    // Playwright turns it off, as no page of a test expects to come back.
    ignoreDefaultArgs: backForwardCache ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  atEnd('Chromium', () => browser.close());
  return browser;
}

/** A browser profile of its own, with cookies of its own. */
export async function openContext(
  browser: Browser,
  options?: BrowserContextOptions,
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  atEnd('a browser context', () => context.close());
  // As `until` does.
  context.setDefaultTimeout(60_000);
  return context;
}

/** A page in a profile of its own. */
export async function openPage(
  browser: Browser,
  options?: BrowserContextOptions,
): Promise<Page> {
  return (await openContext(browser, options)).newPage();
}
