import { chromium, type Browser } from 'playwright-core';

/** Starts Chromium without a sandbox, which root has none of, and without the calls it makes on its own. */
export function launchChromium({
  backForwardCache = false,
} = {}): Promise<Browser> {
  return chromium.launch({
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
}
