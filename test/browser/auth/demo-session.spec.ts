import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium, openContext } from '../../support/browser.js';
import { DemoProcess } from '../../support/demo-process.js';
import { PLATFORMS } from '../../support/platforms.js';
import { SseTestClient } from '../../support/sse-client.js';
import { until } from '../../support/until.js';

interface Listed {
  readonly id: string;
  readonly user?: string;
  readonly route: string;
}

describe.each(PLATFORMS)('signing in to the demo on %s', (platform) => {
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

  /** A browser of its own: cookies are not shared with the others. */
  const person = (): Promise<BrowserContext> => openContext(browser);
  const signIn = async (context: BrowserContext, user: string) => {
    const page = await context.newPage();
    await page.goto(`${demo.url}/account`);
    await page.click(`[data-user="${user}"]`);
    await untilLive(page);
    return page;
  };
  const badge = '#unread';
  const untilLive = (page: Page) =>
    until(
      async () =>
        (await page.getAttribute(badge, 'data-state')) === 'live' &&
        (await page.isVisible(badge)),
      'the badge to be live',
    );
  const untilUnread = (page: Page, count: number) =>
    until(
      async () => (await page.textContent('#unread-count')) === String(count),
      `${count} unread`,
    );
  const listed = async (admin: BrowserContext): Promise<Listed[]> =>
    (await admin.request.get(`${demo.url}/api/admin/connections`)).json();
  const asAdmin = async (): Promise<BrowserContext> => {
    const context = await person();
    const data = { user: 'admin' };
    await context.request.post(`${demo.url}/api/session`, { data });
    return context;
  };
  const badgesOf = async (admin: BrowserContext, user: string) =>
    (await listed(admin)).filter(
      (one) => one.user === user && one.route === 'InboxController.watch',
    );

  it('A3 counts for each user, the same in two tabs', async () => {
    const [anns, bobs] = [await person(), await person()];
    const [ann, bob] = [await signIn(anns, 'ann'), await signIn(bobs, 'bob')];
    await bob.click('[data-to="ann"]');
    await untilUnread(ann, 1);
    const second = await anns.newPage();
    await second.goto(`${demo.url}/clock`);
    await untilLive(second);
    await untilUnread(second, 1);
    await bob.click('[data-to="ann"]');
    await Promise.all([untilUnread(ann, 2), untilUnread(second, 2)]);
    await bob.click('[data-to="bob"]');
    await untilUnread(bob, 1);
    await ann.click('#read');
    await Promise.all([untilUnread(ann, 0), untilUnread(second, 0)]);
    expect(await bob.textContent('#unread-count')).toBe('1');
  });

  it('A4 ends the streams of a session when it signs out, and of no other', async () => {
    const [first, other, admin] = [
      await person(),
      await person(),
      await asAdmin(),
    ];
    const page = await signIn(first, 'ann');
    const tab = await first.newPage();
    await tab.goto(`${demo.url}/clock`);
    await untilLive(tab);
    const elsewhere = await signIn(other, 'ann');
    // One for each browser: its tabs share it.
    await until(async () => (await badgesOf(admin, 'ann')).length === 2);
    await page.click('#sign-out');
    await until(async () => (await badgesOf(admin, 'ann')).length === 1);
    await until(async () => !(await tab.isVisible(badge)));
    await elsewhere.click('[data-to="ann"]');
    await until(
      async () => (await elsewhere.textContent('#unread-count')) !== '0',
    );
    const stream = await first.request.get(`${demo.url}/api/inbox/stream`);
    expect(stream.status()).toBe(401);
  });

  it('A4 ends the stream of a tab that is closed, by its beacon, and only one of its session', async () => {
    const [anns, bobs, admin] = [
      await person(),
      await person(),
      await asAdmin(),
    ];
    const ann = await signIn(anns, 'ann');
    const bob = await signIn(bobs, 'bob');
    await until(async () => (await badgesOf(admin, 'ann')).length === 1);
    const [{ id }] = (await badgesOf(admin, 'ann')) as [Listed];
    const close = `${demo.url}/api/inbox/close`;
    const data = { connection: id };
    const foreign = await bobs.request.post(close, { data });
    expect(foreign.status()).toBe(404);
    expect(await badgesOf(admin, 'ann')).toHaveLength(1);

    const log = await SseTestClient.open(`${demo.url}/api/log/stream`);
    await log.untilType('stream-live');
    await ann.close({ runBeforeUnload: true });
    // The end of the socket would end the stream as well: the log tells that the beacon came, and was obeyed.
    await log.until(({ events }) =>
      events.some(
        ({ data }) =>
          data!.includes('/api/inbox/close') && data!.includes('204'),
      ),
    );
    log.close();
    await until(async () => (await badgesOf(admin, 'ann')).length === 0);
    await bob.click('[data-to="bob"]');
    expect(await badgesOf(admin, 'bob')).toHaveLength(1);
  });

  it('A4 lets the admin, and nobody else, see and end a stream', async () => {
    const [anns, admins] = [await person(), await person()];
    const ann = await signIn(anns, 'ann');
    const list = `${demo.url}/api/admin/connections`;
    expect((await anns.request.get(list)).status()).toBe(403);
    const page = await signIn(admins, 'admin');
    await page.click('#admin-link');
    await page.click('tr[data-user="ann"] button');
    await until(async () => !(await ann.isVisible(badge)));
    expect(await badgesOf(admins, 'ann')).toHaveLength(0);
    expect((await (await person()).request.get(list)).status()).toBe(401);
  });

  it('A4 keeps a user signed in whose stream the admin ends, and opens it again when she asks', async () => {
    const [anns, admin] = [await person(), await asAdmin()];
    const ann = await signIn(anns, 'ann');
    await ann.click('[data-to="ann"]');
    const tab = await anns.newPage();
    await tab.goto(`${demo.url}/account`);
    await untilLive(tab);
    const [{ id }] = (await badgesOf(admin, 'ann')) as [Listed];
    await admin.request.post(`${demo.url}/api/admin/connections/disconnect`, {
      data: { connection: id },
    });
    for (const one of [ann, tab]) {
      await one.getByText('You are still signed in').waitFor();
      expect(await one.isVisible('#signed-in')).toBe(true);
      expect(await one.isVisible('#signed-out')).toBe(false);
    }
    await tab.getByRole('button', { name: 'Open it again' }).click();
    for (const one of [ann, tab]) {
      await untilLive(one);
      await one.getByText('You are still signed in').waitFor({
        state: 'detached',
      });
    }
    expect(await badgesOf(admin, 'ann')).toHaveLength(1);
  });

  it('A3 tells the tabs that are open already who has signed in', async () => {
    const anns = await person();
    const tab = await anns.newPage();
    await tab.goto(`${demo.url}/clock`);
    await signIn(anns, 'bob');
    await untilLive(tab);
    expect(await tab.textContent('#unread-name')).toBe('Bob');
  });

  it('A4 hands the stream on when the tab that reads it is closed', async () => {
    const [bobs, admin] = [await person(), await asAdmin()];
    const first = await signIn(bobs, 'bob');
    const second = await bobs.newPage();
    await second.goto(`${demo.url}/clock`);
    await untilLive(second);
    const [{ id }] = (await badgesOf(admin, 'bob')) as [Listed];
    await first.close({ runBeforeUnload: true });
    await until(async () => {
      const open = await badgesOf(admin, 'bob');
      return open.length === 1 && open[0]!.id !== id;
    }, 'the second tab to read');
    const before = await second.textContent('#unread-count');
    await admin.request.post(`${demo.url}/api/inbox`, { data: { to: 'bob' } });
    await until(
      async () => (await second.textContent('#unread-count')) !== before,
    );
  });
});
