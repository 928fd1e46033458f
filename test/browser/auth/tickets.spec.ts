import http from 'node:http';
import { EventBusService, SseConnections } from 'nestjs-event-stream';
import type { Browser, Page } from 'playwright-core';
import { TestAuthenticator } from '../../support/auth.js';
import { authApp } from '../../support/auth-app.js';
import { launchChromium, openPage } from '../../support/browser.js';
import { listen } from '../../support/network.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../../support/platforms.js';
import { until } from '../../support/until.js';

type Report = (type: string, data: string) => void;

describe.each(PLATFORMS)('streams across origins, on %s', (platform) => {
  let application: TestApplication;
  let browser: Browser;
  let page: Page;
  let received: [type: string, data: string][];
  let authorization: string;
  /** Sockets of the server, to cut them as a network would. */
  const sockets = new Set<import('node:net').Socket>();

  beforeAll(async () => {
    const site = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>Another origin</title>');
    });
    const origin = `http://127.0.0.1:${await listen(site)}`;
    application = await startApplication(
      platform,
      authApp({ retry: { minMs: 50, maxMs: 100 } }),
      {
        configure: (app) => {
          app.enableCors({ origin: [origin], credentials: true });
          app
            .getHttpServer()
            .on('connection', (socket: import('node:net').Socket) => {
              sockets.add(socket);
              socket.on('close', () => sockets.delete(socket));
            });
        },
      },
    );
    const headers = application.app.get(TestAuthenticator).admit('ann');
    authorization = headers.authorization!;
    browser = await launchChromium();
    page = await openPage(browser);
    await page.exposeFunction('report', (type: string, data: string) => {
      received.push([type, data]);
    });
    await page.goto(origin);
  });

  afterAll(async () => {
    await browser.close();
    await application.close();
  });

  beforeEach(() => {
    received = [];
  });

  const got = (type: string): string[] =>
    received.filter(([one]) => one === type).map(([, data]) => data);

  it('A2 opens native EventSource with a ticket, and lets it come back after a cut', async () => {
    await page.evaluate(
      async ({ url, authorization: value }) => {
        const { report } = window as unknown as { report: Report };
        const response = await fetch(`${url}/tickets`, {
          method: 'POST',
          headers: { authorization: value, 'content-type': 'application/json' },
          body: JSON.stringify({ path: '/users/ann/events' }),
        });
        const { ticket } = (await response.json()) as { ticket: string };
        const source = new EventSource(
          `${url}/users/ann/events?ticket=${ticket}`,
          { withCredentials: true },
        );
        for (const type of ['stream-live', 'message', 'stream-error'])
          source.addEventListener(type, (event) => report(type, event.data));
        source.addEventListener('error', () =>
          report('state', String(source.readyState)),
        );
      },
      { url: application.url, authorization },
    );
    await until(() => got('stream-live').length === 1);
    const bus = application.app.get(EventBusService);
    await bus.publish('users.ann', 'one');
    await until(() => got('message').length === 1);
    for (const socket of sockets) socket.destroy();
    await bus.publish('users.ann', 'two');
    await until(() => got('stream-live').length === 2);
    await bus.publish('users.ann', 'three');
    await until(() => got('message').length === 3);
    expect(got('message')).toEqual(['one', 'two', 'three']);

    // A terminal end: the browser comes back once, is told to stay away, and closes.
    await application.app
      .get(SseConnections)
      .disconnect({ principal: 'ann' }, { terminal: true });
    await until(() => got('state').includes('2'));
    expect(JSON.parse(got('stream-error')[0]!)).toMatchObject({
      retryable: false,
    });
  });

  it('R2 resumes by fetch with a Last-Event-ID, which takes a preflight', async () => {
    const bus = application.app.get(EventBusService);
    const { id } = await bus.publish('users.ann', 'seen');
    await bus.publish('users.ann', 'missed');
    const text = await page.evaluate(
      async ({ url, authorization: value, lastEventId }) => {
        const response = await fetch(`${url}/users/ann/events`, {
          credentials: 'include',
          headers: { authorization: value, 'last-event-id': lastEventId },
        });
        const reader = response.body!.getReader();
        let read = '';
        while (!read.includes('stream-live'))
          read += new TextDecoder().decode((await reader.read()).value);
        await reader.cancel();
        return read;
      },
      { url: application.url, authorization, lastEventId: id },
    );
    expect(text).toContain('data: missed');
    expect(text).not.toContain('data: seen');
  });
});
