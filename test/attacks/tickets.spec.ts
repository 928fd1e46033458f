import { SseConnections, SseTicketService } from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

const PATH = '/users/ann/events';
const ann = { id: 'ann', topics: ['users.ann'] };

describe.each(ALL_PLATFORMS)('tickets on %s', (platform) => {
  let application: TestApplication;
  let tickets: SseTicketService;
  const log = new LogCollector();
  const issued: string[] = [];

  beforeAll(async () => {
    application = await startApplication(
      platform,
      authApp({ limits: { perPrincipal: 5 } }),
      { configure: (app) => app.useLogger(log) },
    );
    tickets = application.app.get(SseTicketService);
  });

  afterAll(() => application.close());

  const issue = async (path = PATH, more = {}): Promise<string> => {
    const { ticket } = await tickets.issue(ann, { path, ...more });
    issued.push(ticket);
    return ticket;
  };
  const open = (
    ticket: string,
    headers: Record<string, string> = {},
    path = PATH,
  ): Promise<SseTestClient> =>
    application.open(`${path}?ticket=${ticket}`, { headers });
  const status = async (...rest: Parameters<typeof open>): Promise<number> => {
    const client = await open(...rest);
    client.close();
    return client.status;
  };
  const cookieOf = ({ headers }: SseTestClient): string =>
    [headers['set-cookie']].flat().join().split(';')[0]!;
  /** Until the places of streams that were closed are free again. */
  const idle = (): Promise<void> =>
    until(
      async () => (await application.app.get(SseConnections).count()) === 0,
    );

  it('A2 opens a stream once, and sets a cookie for its way back', async () => {
    const ticket = await issue();
    const client = await open(ticket);
    await client.untilType('stream-live');
    const [cookie] = [client.headers['set-cookie']].flat();

    expect(client.status).toBe(200);
    expect(cookie).toMatch(
      /^sse-ticket-[\w-]{12}=[\w-]{43}; Path=\/users\/ann\/events; HttpOnly; SameSite=strict$/,
    );
    expect(cookie).not.toContain(ticket);
    client.close();
    expect(await status(ticket)).toBe(401);
    expect(await status(ticket, { cookie: cookieOf(client) })).toBe(200);
    await idle();
  });

  it('A2 refuses a cookie with another ticket, another path, or made up', async () => {
    const ticket = await issue();
    const client = await open(ticket);
    const cookie = cookieOf(client);
    client.close();
    const second = await issue('/users/ann/all');

    expect(await status('x'.repeat(43), { cookie })).toBe(401);
    expect(await status(ticket, { cookie }, '/users/ann/all')).toBe(401);
    expect(await status(second, { cookie })).toBe(401);
    const [name] = cookie.split('=');
    const made = `${name}=${'A'.repeat(43)}`;
    expect(await status(ticket, { cookie: made })).toBe(401);
    expect((await application.open(PATH, { headers: { cookie } })).status).toBe(
      401,
    );
    await idle();
  });

  it('A2 refuses a ticket for another route, and leaves it good for its own', async () => {
    const ticket = await issue('/users/ann/all', { topics: [] });
    expect(await status(ticket)).toBe(401);
    expect(await status(ticket, {}, '/me')).toBe(401);
    const own = await issue();
    expect(await status(own, {}, '/everybody')).toBe(401);
    expect(await status(own)).toBe(200);
    await idle();
  });

  it('A2 lets exactly one of 50 parallel redeems win', async () => {
    const ticket = await issue();
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => open(ticket)),
    );
    const statuses = clients.map((client) => client.status);
    for (const client of clients) client.close();

    expect(statuses.filter((one) => one === 200)).toHaveLength(1);
    // The others found it spent, or the principal's limit reached by those before them.
    expect(
      statuses.filter((one) => ![200, 401, 429].includes(one)),
    ).toHaveLength(0);
    await idle();
  });

  it('A2 spends no ticket on a request that the limits refuse', async () => {
    const open5 = await Promise.all(
      Array.from({ length: 5 }, async () => open(await issue())),
    );
    const ticket = await issue();
    expect(await status(ticket)).toBe(429);
    open5[0]!.close();
    await until(
      async () => (await application.app.get(SseConnections).count()) === 4,
    );
    expect(await status(ticket)).toBe(200);
    for (const client of open5) client.close();
    await idle();
  });

  it('A2 refuses a ticket that waited too long, is not one, or comes twice', async () => {
    const short = await issue(PATH, { ttlMs: 1 });
    const start = Date.now();
    await until(() => Date.now() > start + 1);
    expect(await status(short)).toBe(401);
    for (const one of ['', 'short', "'; DROP", '%0d%0aSet-Cookie:x=1'])
      expect(await status(one)).toBe(401);
    const ticket = await issue();
    expect(await status(`${ticket}&ticket=${ticket}`)).toBe(401);
  });

  it('A2 does not spend a ticket on HEAD', async () => {
    const ticket = await issue();
    const head = await application.open(`${PATH}?ticket=${ticket}`, {
      method: 'HEAD',
    });
    expect(head.status).toBe(401);
    expect(await status(ticket)).toBe(200);
    await idle();
  });

  it('A2 narrows a ticket to topics of its principal, never widens it', async () => {
    await expect(issue(PATH, { topics: ['users.bob'] })).rejects.toMatchObject({
      code: 'TOPIC_FORBIDDEN',
    });
    expect(await status(await issue(PATH, { topics: [] }))).toBe(403);
  });

  it('A4 makes the tickets of a principal void that is told to stay away', async () => {
    const ticket = await issue();
    const client = await open(await issue());
    const cookie = cookieOf(client);
    await application.app
      .get(SseConnections)
      .disconnect({ principal: 'ann' }, { terminal: true });
    await client.untilClosed();

    expect(await status(ticket)).toBe(401);
    expect(await status(issued.at(-1)!, { cookie })).toBe(401);
    const start = Date.now();
    await until(() => Date.now() > start);
    expect(await status(await issue())).toBe(200);
    await idle();
  });

  it('A4 ends the streams of revoked tickets, and does not keep their way back open', async () => {
    const ticket = await issue();
    const client = await open(ticket);
    await client.untilType('stream-live');
    await tickets.revoke('ann');
    await application.app.get(SseConnections).revalidate({ principal: 'ann' });
    await client.untilClosed();

    expect(client.blocks.at(-1)!.type).toBe('stream-error');
    expect(await status(ticket, { cookie: cookieOf(client) })).toBe(401);
    const start = Date.now();
    await until(() => Date.now() > start);
    await idle();
  });

  it('A2 redeems a ticket once for all guards of a route', async () => {
    const ticket = await issue('/guarded/twice');
    expect(await status(ticket, {}, '/guarded/twice')).toBe(200);
    expect(await status(ticket, {}, '/guarded/twice')).toBe(401);
    await idle();
  });

  it('A2 takes tickets of a principal that never expires', async () => {
    const { ticket } = await tickets.issue(
      { ...ann, expiresAt: Infinity },
      { path: PATH },
    );
    expect(await status(ticket)).toBe(200);
    await idle();
  });

  it('A2 asks the authenticator again when a ticket is used', async () => {
    const { renewals } = application.app.get(TestAuthenticator);
    const ticket = await issue();
    renewals.set('ann', undefined);
    expect(await status(ticket)).toBe(401);
    renewals.clear();
    expect(await status(ticket)).toBe(200);
    await idle();
  });

  it('A2 issues tickets by the ready controller, to whom the guard lets in', async () => {
    const headers = application.app.get(TestAuthenticator).admit('ann');
    const post = async (
      body: unknown,
      more: Record<string, string> = headers,
    ): Promise<SseTestClient> => {
      const client = await application.open('/tickets', {
        method: 'POST',
        headers: more,
        body: JSON.stringify(body),
      });
      await client.untilClosed();
      return client;
    };
    const { ticket } = JSON.parse((await post({ path: PATH })).raw) as {
      ticket: string;
    };
    issued.push(ticket);
    expect(await status(ticket)).toBe(200);
    const long = `/${'a'.repeat(3_000)}`;
    for (const path of [undefined, 7, 'x', '/a?b', long]) {
      const body = { path };
      expect((await post(body)).status).toBe(400);
    }
    expect((await post({ path: PATH }, {})).status).toBe(401);
  });

  it('A5 logs no ticket, redeemed or refused', () => {
    expect(issued.filter((one) => log.text.includes(one))).toEqual([]);
  });
});
