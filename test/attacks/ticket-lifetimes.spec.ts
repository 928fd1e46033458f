import { jest } from '@jest/globals';
import { SseTicketService } from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

jest.setTimeout(60_000);

const ONE_DAY_MS = 86_400_000;
const PATH = '/users/ann/events';
const ann = { id: 'ann', topics: ['users.ann'] };

describe.each(PLATFORMS)('how long tickets last, on %s', (platform) => {
  let application: TestApplication;

  const start = async (tickets: object): Promise<SseTicketService> => {
    application = await startApplication(
      platform,
      authApp({ auth: { tickets, revalidateMs: 100 } }),
    );
    return application.app.get(SseTicketService);
  };

  afterEach(async () => {
    jest.restoreAllMocks();
    await application.close();
  });

  it('A2 ends the session of a ticket for good, however often its client comes back', async () => {
    const tickets = await start({});
    const { ticket } = await tickets.issue(ann, { path: PATH });
    const url = `${PATH}?ticket=${ticket}`;
    const first = await application.open(url);
    await first.untilType('stream-live');
    const [cookie = ''] = [first.headers['set-cookie']]
      .flat()
      .join()
      .split(';');
    first.close();
    const headers = { cookie };
    const second = await application.open(url, { headers });
    await second.untilType('stream-live');
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + ONE_DAY_MS);
    await second.untilClosed();

    const error = JSON.parse(second.blocks.at(-1)!.data!);
    expect(error).toMatchObject({ code: 'SESSION_EXPIRED', retryable: true });
    expect((await application.open(url, { headers })).status).toBe(401);
  });

  it('A2 leaves the end to the principal where there is none of the session', async () => {
    const tickets = await start({ maxSessionMs: false });
    const { ticket } = await tickets.issue(ann, { path: PATH });
    const client = await application.open(`${PATH}?ticket=${ticket}`);
    await client.untilType('stream-live');
    // The cookie ends with the browser.
    expect([client.headers['set-cookie']].flat().join()).not.toContain(
      'Max-Age',
    );
  });

  it('A2 ends with the principal if that is sooner', async () => {
    const tickets = await start({});
    const expiresAt = Date.now() + 3_000;
    const { ticket } = await tickets.issue(
      { ...ann, expiresAt },
      { path: PATH },
    );
    const client = await application.open(`${PATH}?ticket=${ticket}`);
    await client.untilClosed();
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 1);
  });

  it('C3 limits how many tickets of a principal wait, and tells others apart', async () => {
    const tickets = await start({ maxPerPrincipal: 3 });
    const headers = {
      ...application.app.get(TestAuthenticator).admit('ann'),
      'content-type': 'application/json',
    };
    const post = async () => {
      const client = await application.open('/tickets', {
        method: 'POST',
        headers,
        body: JSON.stringify({ path: PATH }),
      });
      await client.untilClosed();
      return client;
    };
    const issued = [await post(), await post(), await post()];
    const refused = await post();
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.raw)).toMatchObject({ code: 'TOO_MANY_TICKETS' });
    await tickets.issue({ id: 'bob' }, { path: PATH });

    const { ticket } = JSON.parse(issued[0]!.raw);
    const client = await application.open(`${PATH}?ticket=${ticket}`);
    await client.untilType('stream-live');
    expect((await post()).status).toBe(201);
    expect((await post()).status).toBe(429);
  });
});
