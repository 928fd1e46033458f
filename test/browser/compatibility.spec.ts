import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import {
  itWorksWithOurServer,
  type KnownClient,
  type OpenedClient,
} from '../support/compatibility/scenarios.js';
import { CompatibilityServer } from '../support/compatibility/server.js';
import { PLATFORMS } from '../support/platforms.js';
import { ScriptedServer, status } from '../support/scripted-server.js';
import { until } from '../support/until.js';

const script = fileURLToPath(
  new URL('../support/compatibility/browser-clients.ts', import.meta.url),
);

const polyfill = createRequire(import.meta.url).resolve(
  'eventsource-polyfill/dist/eventsource.js',
);

const KNOWN: readonly Omit<KnownClient, 'open'>[] = [
  {
    name: 'native EventSource',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'stops',
    afterForbidden: 'stops',
  },
  {
    name: 'our own client',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'never asks',
    afterForbidden: 'stops',
  },
  {
    name: 'event-source-polyfill',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'stops',
    afterForbidden: 'stops',
  },
  {
    name: 'eventsource-polyfill',
    afterCut: 'gives up',
    afterResponse: 'resumes',
    afterEnd: 'stops',
    afterForbidden: 'stops',
  },
  {
    name: 'reconnecting-eventsource',
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'starts over',
    afterForbidden: 'asks again and again',
  },
  {
    name: '@microsoft/fetch-event-source',
    afterCut: 'resumes',
    afterResponse: 'gives up',
    afterEnd: 'never asks',
    afterForbidden: 'asks again and again',
  },
  {
    name: "htmx's SSE extension",
    afterCut: 'resumes',
    afterResponse: 'resumes',
    afterEnd: 'never asks',
    afterForbidden: 'asks again and again',
  },
];

let browser: Browser;
let clients: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [script],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
    tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)),
  });
  clients = outputFiles[0]!.text;
  browser = await launchChromium();
});

afterAll(() => browser.close());

/** Opens a stream in a page of its own, on the stream's origin or another one. */
async function open(
  name: string,
  url: string,
  site = url,
): Promise<OpenedClient> {
  const context = await browser.newContext();
  // Of all ports: what is another origin is the same site.
  const { hostname } = new URL(url);
  await context.addCookies([
    { name: 'session', value: '7', domain: hostname, path: '/' },
  ]);
  const page = await context.newPage();
  const prices: string[] = [];
  let liveCount = 0;
  await page.exposeFunction('report', (type: string, data: string) => {
    if (type === 'price') prices.push(data);
    else liveCount++;
  });
  await page.goto(new URL('/page', site).href);
  await page.addScriptTag({
    content: "var _eventSourceImportPrefix = 'Polyfilled';",
  });
  await page.addScriptTag({ path: polyfill });
  await page.addScriptTag({ content: clients });
  await page.evaluate(
    ([client, target]) =>
      (
        window as unknown as { openClient(name: string, url: string): void }
      ).openClient(client, target),
    [name, url] as const,
  );
  return {
    prices: () => prices,
    liveCount: () => liveCount,
    isClosed: () =>
      page.evaluate(() =>
        (window as unknown as { isClosed(): boolean | undefined }).isClosed(),
      ),
    close: () => context.close(),
  };
}

describe.each(PLATFORMS)('in Chromium, the server on %s', (platform) => {
  describe.each(KNOWN)('with $name', (known) => {
    itWorksWithOurServer(platform, {
      ...known,
      open: (url) => open(known.name, url),
    });
  });

  describe('from another origin, with cookies,', () => {
    let server: CompatibilityServer;
    let site: ScriptedServer;

    beforeEach(async () => {
      server = await CompatibilityServer.start(platform);
      site = await ScriptedServer.start(
        status(200, { 'content-type': 'text/html' }, '<!doctype html>'),
      );
    });

    afterEach(async () => {
      await server.close();
      await site.close();
    });

    it.each([
      'native EventSource',
      'our own client',
      'event-source-polyfill',
      'eventsource-polyfill',
    ])('R2 misses and repeats nothing with %s', async (name) => {
      const each = await open(name, `${server.url}/prices`, site.url);
      try {
        await until(() => each.liveCount() === 1, 'the stream is live');
        // The only way in which all of them come back.
        await server.endAll();
        await server.publish(1, 2);
        await until(() => each.liveCount() === 2, 'it is live again');
        expect(each.prices()).toEqual(['1', '2']);
        expect(server.answered).toContainEqual({
          path: '/prices',
          status: 200,
          cookie: 'session=7',
        });
      } finally {
        await each.close();
      }
    });
  });
});
