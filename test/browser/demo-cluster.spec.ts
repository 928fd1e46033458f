import { jest } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, openContext } from '../support/browser.js';
import { DemoCluster } from '../support/demo-cluster.js';
import { until } from '../support/until.js';

jest.setTimeout(180_000);

const PAIRS =
  process.env['TEST_MATRIX'] === 'full'
    ? [
        ['redis', 'express'],
        ['nats', 'fastify'],
      ]
    : [['redis', 'express']];

describe.each(PAIRS)('the demo on two nodes, %s and %s', (engine, platform) => {
  let problems: string[] = [];
  let cluster: DemoCluster;
  let browser: Browser;

  beforeAll(async () => {
    cluster = new DemoCluster(['--engine', engine!], { PLATFORM: platform });
    browser = await launchChromium();
    await cluster.started();
  });

  // A connection that is cut is what these tests are about; what the browser says of it is no problem of a page.
  afterEach(() => {
    const found = problems;
    problems = [];
    if (found.length > 0) throw new Error(found.join('\n'));
  });

  const open = async (path: string): Promise<Page> => {
    const page = await (await openContext(browser)).newPage();
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(cluster.url + path);
    return page;
  };
  const textOf = async (page: Page, selector: string): Promise<string> =>
    (await page.textContent(selector)) ?? '';
  const numberOf = async (page: Page, id: string): Promise<number> =>
    Number((await textOf(page, `#${id}`)).replace(',', ''));
  const untilMore = async (page: Page, id: string): Promise<void> => {
    const before = await numberOf(page, id);
    await until(async () => (await numberOf(page, id)) > before + 2);
  };
  const untilAlive = async (page: Page): Promise<void> => {
    for (const name of ['node-1', 'node-2'])
      await page.locator(`[data-node="${name}"][data-state="alive"]`).waitFor();
  };

  it('N1 shows the streams of a killed node go on from the other, without a gap', async () => {
    const page = await open('/nodes');
    const tabs = await open('/tabs');
    await untilAlive(page);
    await untilMore(tabs, 'received');
    await until(async () => {
      const streams = await page.locator('.node__routes').allTextContents();
      return /1 × TabsController/.test(streams.join());
    }, 'presence to tell of the other page');

    const serving = page.locator('.node[data-serves="true"]');
    const killed = await serving.getAttribute('data-node');
    await page.getByRole('button', { name: `Kill ${killed}` }).click();
    await page.locator('#history').getByText(`in place of ${killed}`).waitFor();
    expect(await serving.getAttribute('data-node')).not.toBe(killed);
    // Its supervisor has started it again.
    await page
      .locator('#history')
      .getByText(`${killed} has started again`)
      .waitFor();
    await untilAlive(page);
    await untilMore(page, 'received');
    await untilMore(tabs, 'received');

    for (const one of [page, tabs]) {
      expect(await textOf(one, '#missing')).toBe('0');
      expect(await textOf(one, '#twice')).toBe('0');
    }
    expect(await textOf(page, '[data-fact="resets"]')).toBe('0');
    expect(await textOf(page, '[data-fact="reconnects"]')).toBe('1');
  });

  it('R2 cuts the stream of a page wherever it is, and misses none of 500 events', async () => {
    const page = await open('/dashboard');
    await page.locator('#pill[data-state="live"]').waitFor();
    // Requests take turns between the nodes: one of two does not come to the node that has the stream.
    for (const reconnects of ['1', '2']) {
      await page.click('#cut-burst');
      await until(
        async () =>
          (await textOf(page, '[data-fact="reconnects"]')) === reconnects &&
          /500 of 500 events arrived/.test(await textOf(page, '#burst-result')),
        'the burst to arrive',
      );
      expect(await textOf(page, '#burst-result')).toMatch(
        /none missing, none twice, all in order/,
      );
    }
    expect(await textOf(page, '[data-fact="resets"]')).toBe('0');
  });

  it('A4 knows a user on every node, and ends her streams on all of them', async () => {
    const context = await openContext(browser);
    const session = `${cluster.url}/api/session`;
    await context.request.post(session, { data: { user: 'ann' } });
    for (let count = 0; count < 4; count++) {
      const answer = await context.request.get(session);
      expect(await answer.json()).toMatchObject({ user: { id: 'ann' } });
    }
    const cookies = await context.cookies();
    await context.request.delete(session);
    await context.addCookies(cookies);
    for (let count = 0; count < 4; count++) {
      const answer = await context.request.get(session);
      expect(await answer.json()).toEqual({ user: null });
    }
  });

  it('leaves nothing behind when it is told to stop', async () => {
    const children = await cluster.children();
    expect(children).toHaveLength(3);
    expect(await cluster.stop()).toBe(0);
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(children.filter(isAlive)).toEqual([]);
    await expect(fetch(cluster.url)).rejects.toThrow('fetch failed');
  });
});

describe('the start of the demo on two nodes', () => {
  it('leaves nothing behind when it is interrupted in the middle', async () => {
    const cluster = new DemoCluster([]);
    await until(async () => (await cluster.children()).length === 3);
    const children = await cluster.children();
    expect(await cluster.stop('SIGINT')).toBe(0);
    for (const pid of children)
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('ends with npm, which passes no SIGTERM on', async () => {
    const npm = ['npm', 'run', '--ignore-scripts', 'start:cluster'];
    const cluster = new DemoCluster([], {}, npm);
    await cluster.started();
    await cluster.stop();
    await until(async () => {
      try {
        await fetch(cluster.url);
        return false;
      } catch {
        return true;
      }
    }, 'nobody to listen any more');
  });
});
