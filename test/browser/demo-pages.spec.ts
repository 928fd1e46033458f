import { jest } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../support/browser.js';
import { DemoProcess } from '../support/demo-process.js';
import { PageProblems } from '../support/page-problems.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

jest.setTimeout(120_000);

const PATHS = [
  '/',
  '/dashboard',
  '/log-tail',
  '/clock',
  '/typewriter',
  '/assistant',
  '/tabs',
  '/nodes',
  '/publish',
  '/account',
  '/admin',
];
const WIDTHS = [1280, 390, 320];

describe.each(PLATFORMS)('the pages of the demo on %s', (platform) => {
  const demo = new DemoProcess(platform);
  const problems = new PageProblems();
  const contexts: BrowserContext[] = [];
  let browser: Browser;

  beforeAll(async () => {
    await demo.start();
    browser = await launchChromium();
  });

  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    problems.check();
  });

  afterAll(async () => {
    await browser.close();
    await demo.stop();
  });

  const person = async (user?: string): Promise<BrowserContext> => {
    const context = await browser.newContext();
    contexts.push(context);
    const data = { user };
    if (user) await context.request.post(`${demo.url}/api/session`, { data });
    return context;
  };
  const open = async (
    context: BrowserContext,
    path: string,
    width = 1280,
  ): Promise<Page> => {
    const page = await context.newPage();
    problems.watch(page);
    await page.setViewportSize({ width, height: 844 });
    const session = page.waitForResponse(`${demo.url}/api/session`);
    await page.goto(demo.url + path);
    await session;
    return page;
  };
  /** The page knows who is signed in, and has said what it shows to them. */
  const untilSettled = (page: Page, user: string | undefined) =>
    until(async () => {
      const isKnown =
        user === undefined ||
        (await page.getAttribute('#unread', 'data-state')) === 'live';
      return isKnown && (await page.isVisible('main h1'));
    }, 'the page to settle');
  const openAllFiles = async (page: Page): Promise<void> => {
    for (const summary of await page.locator('details.how > summary').all())
      await summary.click();
    await until(
      () =>
        page
          .locator('code-file')
          .evaluateAll((files) =>
            files.every((file) => file.querySelector('button') !== null),
          ),
      'the files to be shown',
    );
  };

  it.each([undefined, 'ann', 'admin'])(
    'say nothing on the console for %s',
    async (user) => {
      const context = await person(user);
      for (const path of PATHS) {
        const page = await open(context, path);
        await untilSettled(page, user);
        await page.close();
      }
    },
  );

  it.each(PATHS)(
    'fit screens of all sizes at %s, with no button in two lines',
    async (path) => {
      // The admin sees most, and each page has its files open.
      const page = await open(await person('admin'), path);
      await untilSettled(page, 'admin');
      await openAllFiles(page);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        expect(await page.evaluate(measure)).toEqual({
          scrollWidth: width,
          broken: [],
          outside: [],
        });
      }
    },
  );

  it('lead from the first page to every other, by a card and by the header', async () => {
    const page = await open(await person(), '/');
    const hrefs = (selector: string) =>
      page
        .locator(selector)
        .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const linked = PATHS.filter((path) => path !== '/' && path !== '/admin');
    expect(await hrefs('.card a')).toEqual(linked);
    expect(await hrefs('.site-nav a')).toEqual(linked);
  });

  it('say to a person that a page is missing, and answer programs with JSON', async () => {
    const ask = (path: string, accept?: string) =>
      fetch(demo.url + path, accept ? { headers: { accept } } : undefined);
    const html = await ask('/nowhere', 'text/html,*/*;q=0.8');
    expect(html.status).toBe(404);
    expect(html.headers.get('content-type')).toContain('text/html');
    expect(html.headers.get('content-security-policy')).toContain("'self'");
    expect(await html.text()).toContain('There is no such page');
    for (const [path, accept] of [
      ['/api/nowhere', 'text/html'],
      ['/assets/js/nowhere.js', 'text/html'],
      ['/nowhere', undefined],
    ] as const) {
      const json = await ask(path, accept);
      expect(json.status).toBe(404);
      expect(await json.json()).toMatchObject({ statusCode: 404 });
    }

    const page = await (await person()).newPage();
    await page.goto(`${demo.url}/nowhere?why=not`);
    await page.getByRole('link', { name: 'To the first page' }).click();
    await page.waitForURL(`${demo.url}/`);
  });

  it('leave room for the last time label of the charts', async () => {
    const page = await open(await person(), '/dashboard', 390);
    await page.locator('#chart-cpu canvas').waitFor();
    const rooms = await page.locator('.chart__plot').evaluateAll((plots) =>
      plots.map((plot) => {
        const right = (selector: string) =>
          plot.querySelector(selector)!.getBoundingClientRect().right;
        const context = document.createElement('canvas').getContext('2d')!;
        context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
        // A label is centred below its time, and the newest time is at the edge of the plot.
        const halfLabel = context.measureText('00:00:00').width / 2;
        return { room: right('canvas') - right('.u-over'), halfLabel };
      }),
    );
    expect(rooms).toHaveLength(5);
    for (const { room, halfLabel } of rooms)
      expect(room).toBeGreaterThanOrEqual(halfLabel);
  });

  it('show what went wrong with a form in the colour of errors, and the good end in that of good ones', async () => {
    const page = await (await person()).newPage();
    await page.goto(`${demo.url}/publish`);
    await page.fill('#title', 'x');
    await page.keyboard.press('Enter');
    await page.getByText('400 INVALID_EVENT').waitFor();
    const colours = () =>
      page.evaluate(() => {
        const probe = document.createElement('i');
        document.body.append(probe);
        const of = (tone: string) => {
          probe.style.color = `var(--${tone})`;
          return getComputedStyle(probe).color;
        };
        const result = document.querySelector('#result')!;
        const shown = getComputedStyle(result).color;
        return { shown, bad: of('bad'), good: of('good') };
      });
    const refused = await colours();
    expect(refused.shown).toBe(refused.bad);
    expect(await page.locator('#title').getAttribute('aria-invalid')).toBe(
      'true',
    );
    await page.fill('#title', 'A better one');
    await page.keyboard.press('Enter');
    await page.locator('#result', { hasText: /^Published/ }).waitFor();
    const published = await colours();
    expect(published.shown).toBe(published.good);
  });

  it('are used by keyboard alone: sign in, send, and end a stream, without losing the focus', async () => {
    const [anns, admins] = [await person(), await person('admin')];
    const ann = await open(anns, '/account');
    await ann.locator('[data-user="ann"]').waitFor();
    await tabTo(ann, 'Ann');
    await ann.keyboard.press('Enter');
    await ann.locator('#signed-in-title:focus').waitFor();
    await tabTo(ann, 'To Ann');
    await ann.keyboard.press('Enter');
    await until(async () => (await ann.textContent('#unread-count')) === '1');

    const admin = await open(admins, '/admin', 390);
    const name = 'Disconnect ann from InboxController.watch';
    await admin.getByRole('button', { name }).waitFor();
    await tabTo(admin, name);
    await admin.keyboard.press('Enter');
    await admin.locator('#open-title:focus').waitFor();
    await ann.getByText('You are still signed in').waitFor();
    await tabTo(ann, 'Open it again');
    await ann.keyboard.press('Enter');
    await until(async () => ann.isVisible('#unread'));

    async function tabTo(page: Page, label: string): Promise<void> {
      const isThere = () =>
        page.evaluate((wanted) => {
          const { activeElement: active } = document;
          const named = active?.getAttribute('aria-label');
          return (named ?? active?.textContent?.trim()) === wanted;
        }, label);
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        if (await isThere()) return;
      }
      throw new Error(`No tab stop is called ${label}`);
    }
  });
});

/** Runs in the page. */
function measure() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const lines = (button: Element): number => {
    const tops = new Set<number>();
    const texts = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { currentNode: text } = texts;
      if (text.parentElement!.closest('.visually-hidden')) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const { top } of range.getClientRects()) tops.add(Math.round(top));
    }
    return tops.size;
  };
  const name = (node: Element) => node.textContent!.trim();
  const buttons = [...document.querySelectorAll('.button')].filter(
    (node) => node.getClientRects().length > 0,
  );
  return {
    scrollWidth,
    broken: buttons.filter((node) => lines(node) > 1).map(name),
    outside: buttons
      .filter((node) => node.getBoundingClientRect().right > clientWidth)
      .map(name),
  };
}
