import { EventBusService, SseConnections } from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type StartOptions,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { until } from '../support/until.js';

describe.each(PLATFORMS)('limits on %s', (platform) => {
  const start = (
    options: Parameters<typeof authApp>[0],
    more?: StartOptions,
  ): Promise<TestApplication> =>
    startApplication(platform, authApp(options), more);

  it('C3 holds 1,000 connects from one address to their limit, and gives places back', async () => {
    const { open, app } = await start({ limits: { perIp: 20 } });
    const clients: SseTestClient[] = [];
    while (clients.length < 1_000) {
      const batch = Array.from({ length: 100 }, () => open('/public'));
      clients.push(...(await Promise.all(batch)));
    }
    const opened = clients.filter(({ status }) => status === 200);
    const refused = clients.filter(({ status }) => status === 429);

    expect([opened.length, refused.length]).toEqual([20, 980]);
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThan(0);
    await refused[0]!.untilClosed();
    expect(JSON.parse(refused[0]!.raw)).toMatchObject({
      code: 'TOO_MANY_STREAMS',
    });
    for (const client of opened) client.close();
    const connections = app.get(SseConnections);
    await until(async () => (await connections.count()) === 0);
    const again = await open('/public');
    expect(again.status).toBe(200);
  });

  it('C3 believes no X-Forwarded-For unless the platform does', async () => {
    const { open } = await start({ limits: { perIp: 1 } });
    const from = (ip: string): Promise<SseTestClient> =>
      open('/public', {
        headers: {
          'x-forwarded-for': ip,
          forwarded: `for=${ip}`,
          'x-real-ip': ip,
        },
      });
    expect((await from('10.0.0.1')).status).toBe(200);
    expect((await from('10.0.0.2')).status).toBe(429);
  });

  it('C3 counts the addresses that a trusted proxy names, IPv6 by /64', async () => {
    const { open } = await start(
      { limits: { perIp: 1 } },
      { trustsProxy: true },
    );
    const from = async (ip: string): Promise<number> =>
      (await open('/public', { headers: { 'x-forwarded-for': ip } })).status;
    expect(await from('10.0.0.1')).toBe(200);
    expect(await from('::ffff:10.0.0.1')).toBe(429);
    expect(await from('10.0.0.1:4711')).toBe(429);
    expect(await from('10.0.0.2')).toBe(200);
    expect(await from('2001:db8:1:2::1')).toBe(200);
    expect(await from('2001:DB8:1:2:ffff::9')).toBe(429);
    expect(await from('2001:db8:1:3::1')).toBe(200);
  });

  it('C3 limits the streams of a principal, on all its addresses and no other’s', async () => {
    const { open, app } = await start({ limits: { perPrincipal: 2 } });
    const authenticator = app.get(TestAuthenticator);
    const [ann, bob] = [authenticator.admit('ann'), authenticator.admit('bob')];
    const opened = async (path: string, headers: Record<string, string>) =>
      (await open(path, { headers })).status;
    expect(await opened('/users/ann/events', ann)).toBe(200);
    expect(await opened('/users/ann/events', ann)).toBe(200);
    expect(await opened('/users/ann/all', ann)).toBe(429);
    expect(await opened('/users/bob/events', bob)).toBe(200);
    expect(await opened('/me', ann)).toBe(200);
  });

  it('C3 gives a place back when the handler, the policy or the guard refuses', async () => {
    const { open, app } = await start({
      limits: { total: 1, perPrincipal: 1, perIp: 1 },
    });
    const headers = app.get(TestAuthenticator).admit('ann');
    const statusOf = async (path: string, options = {}): Promise<number> => {
      const client = await open(path, options);
      await client.untilClosed();
      return client.status;
    };
    for (let round = 0; round < 3; round++) {
      expect(await statusOf('/failing', { headers })).toBe(500);
      expect(await statusOf('/users/bob/events', { headers })).toBe(403);
      expect(await statusOf('/users/ann/events')).toBe(401);
    }
    const client = await open('/users/ann/events', { headers });
    expect(client.status).toBe(200);
    const full = await open('/public');
    // Whichever limit is looked at first.
    expect([429, 503]).toContain(full.status);
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('C3 refuses for native EventSource with a stream that says when to come back', async () => {
    const { open, app } = await start({
      limits: { total: 1, perPrincipal: 1 },
      refusal: 'retry',
      retry: { minMs: 2_000, maxMs: 3_000 },
    });
    const headers = app.get(TestAuthenticator).admit('ann');
    const first = await open('/users/ann/events', { headers });
    await first.untilType('stream-live');
    for (const options of [{ headers }, {}]) {
      const client = await open('/users/ann/events', options);
      await client.untilClosed();
      const [wait, error] = client.blocks;
      expect(client.status).toBe(200);
      expect(client.isComplete).toBe(true);
      expect(Number(wait!.retry)).toBeGreaterThanOrEqual(2_000);
      expect(Number(wait!.retry)).toBeLessThanOrEqual(3_000);
      expect(JSON.parse(error!.data!)).toMatchObject({
        code: 'SERVER_FULL',
        retryable: true,
      });
      expect(error!.id).toBeUndefined();
    }
    // The one that is open goes on.
    await app.get(EventBusService).publish('users.ann', 'still here');
    await first.untilEvents(1);
  });

  it('C3 limits how fast streams are opened from one address', async () => {
    const { open } = await start({
      limits: { openRatePerIp: { opens: 3, perMs: 3_600_000 } },
    });
    const statuses = [];
    for (let index = 0; index < 5; index++) {
      const client = await open('/public');
      statuses.push(client.status);
      client.close();
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await open('/public');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1_000);
  });
});
