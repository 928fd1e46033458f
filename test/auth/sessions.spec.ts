import { ForbiddenException, UnauthorizedException } from '@nestjs/common';
import {
  EventBusService,
  SseConnections,
  SseException,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  ALL_PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

describe.each(ALL_PLATFORMS)('the life of a session on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let authenticator: TestAuthenticator;
  let connections: SseConnections;

  beforeAll(async () => {
    application = await startApplication(
      platform,
      authApp({ auth: { revalidateMs: 100 } }),
    );
    bus = application.app.get(EventBusService);
    authenticator = application.app.get(TestAuthenticator);
    connections = application.app.get(SseConnections);
  });

  afterEach(() => {
    authenticator.renewals.clear();
    authenticator.beforeAnswer = undefined;
  });

  afterAll(() => application.close());

  const open = async (
    id: string,
    headers = authenticator.admit(id),
  ): Promise<SseTestClient> => {
    const client = await application.open(`/users/${id}/events`, { headers });
    await client.untilType('stream-live');
    return client;
  };
  const lastError = async (client: SseTestClient) => {
    await client.untilClosed();
    const block = client.blocks.at(-1)!;
    expect(block.type).toBe('stream-error');
    expect(client.isComplete).toBe(true);
    return { ...JSON.parse(block.data!), id: block.id };
  };

  it("W2 A1 no cache may keep a principal's stream for others", async () => {
    const { headers } = await open('ann');
    expect(headers['cache-control']).toBe('private, no-cache, no-transform');
  });

  it('A4 ends a stream when its principal expires, and lets the client try again', async () => {
    // Until it has opened in time, which a busy machine may need more than one attempt for.
    const openFor = async (lifeMs: number): Promise<SseTestClient> => {
      const expiresAt = Date.now() + lifeMs;
      const path = '/users/ann/events';
      headers = authenticator.admit('ann', { expiresAt });
      const opened = await application.open(path, { headers });
      return opened.status === 200 ? opened : openFor(2 * lifeMs);
    };
    let headers: Record<string, string>;
    const client = await openFor(300);
    expect(await lastError(client)).toEqual({
      code: 'SESSION_EXPIRED',
      message: 'The session has expired.',
      retryable: true,
      id: undefined,
    });
    const again = await application.open('/users/ann/events', {
      headers: headers!,
    });
    expect(again.status).toBe(401);
  });

  it('A4 opens no stream for a principal that expires while the handler is at work', async () => {
    const expiresAt = Date.now() + 200;
    const headers = authenticator.admit('ann', { expiresAt });
    const { id } = await bus.publish('users.ann', 'seen');
    await bus.publish('users.ann', 'missed');
    const client = await application.open('/slow', {
      headers,
      lastEventId: id,
    });
    await client.untilClosed();
    expect(client.status).toBe(401);
    expect(client.raw).not.toContain('missed');
  });

  it.each<[unknown, number]>([
    [null, 401],
    [false, 401],
    ['ann', 500],
    [{}, 500],
    [{ id: '' }, 500],
    [{ id: 7 }, 500],
    [{ id: 'ann', expiresAt: 0 }, 401],
    [{ id: 'ann', expiresAt: -Infinity }, 401],
    [{ id: 'ann', expiresAt: Math.floor(Date.now() / 1_000) + 3_600 }, 500],
    [{ id: 'ann', expiresAt: Date.UTC(2000, 11, 31) }, 500],
    [{ id: 'ann', expiresAt: Date.UTC(2001, 0) }, 401],
    [{ id: 'ann', expiresAt: NaN }, 500],
    [{ id: 'ann', expiresAt: null }, 500],
    [{ id: 'ann', expiresAt: '4000000000000' }, 500],
    [{ id: 'ann', expiresAt: new Date(4_000_000_000_000) }, 500],
    [{ id: 'ann', topics: 'users.ann' }, 500],
    [{ id: 'ann', topics: ['users.*'] }, 500],
    [{ id: 'ann', topics: [/users/] }, 500],
    [{ id: 'ann', topics: null }, 500],
  ])('A1 lets nobody in as %j', async (principal, status) => {
    const headers = authenticator.admit('ann');
    for (const token of authenticator.principals.keys())
      authenticator.principals.set(token, principal as SsePrincipal);
    const client = await application.open('/users/ann/events', { headers });
    await client.untilClosed();
    expect(client.status).toBe(status);
    expect(client.raw).not.toContain('stream-open');
  });

  it('A4 notices by itself that a principal may not be connected any more', async () => {
    const [ann, bob] = [await open('ann'), await open('bob')];
    authenticator.renewals.set('ann', undefined);
    const error = await lastError(ann);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
    await bus.publish('users.bob', 'goes on');
    await bob.untilEvents(1);

    const again = await application.open('/users/ann/events', {
      headers: authenticator.admit('ann'),
      lastEventId: error.id,
    });
    expect(again.status).toBe(204);
  });

  it('A4 ends a stream whose topic is not allowed any more, and no other', async () => {
    const headers = authenticator.admit('ann');
    const own = await open('ann', headers);
    const all = await application.open('/users/ann/all', { headers });
    authenticator.renewals.set('ann', { id: 'ann', topics: ['users.ann'] });
    await connections.revalidate({ principal: 'ann' });
    expect(await lastError(all)).toMatchObject({
      code: 'TOPIC_FORBIDDEN',
      retryable: false,
    });
    await bus.publish('users.ann', 'goes on');
    await own.untilEvents(1);
  });

  it('A4 takes over a shorter life from revalidation', async () => {
    const client = await open('ann');
    authenticator.renewals.set('ann', {
      id: 'ann',
      expiresAt: Date.now() + 200,
    });
    expect(await lastError(client)).toMatchObject({ code: 'SESSION_EXPIRED' });
  });

  it('A4 keeps streams open while the authenticator fails', async () => {
    const client = await open('ann');
    authenticator.renewals.set('ann', new Error('The database is down.'));
    await connections.revalidate({ principal: 'ann' });
    await bus.publish('users.ann', 'goes on');
    await client.untilEvents(1);
    authenticator.renewals.set(
      'ann',
      new SseException('UNAUTHENTICATED', 'Gone.') as Error,
    );
    expect(await lastError(client)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it.each([
    ['null', null, 'UNAUTHENTICATED'],
    ['another principal', { id: 'bob' }, 'UNAUTHENTICATED'],
    ['a 401', new UnauthorizedException(), 'UNAUTHORIZED'],
    ['a 403', new ForbiddenException(), 'FORBIDDEN'],
  ])('A4 takes %s for a no', async (_what, answer, code) => {
    const client = await open('ann');
    authenticator.renewals.set('ann', answer as never);
    expect(await lastError(client)).toMatchObject({ code, retryable: false });
  });

  it('A4 obeys a disconnect that comes between the look at credentials and the opening', async () => {
    const headers = authenticator.admit('ann');
    authenticator.beforeAnswer = async () => {
      await connections.disconnect({ principal: 'ann' }, { terminal: true });
      await bus.publish('users.ann', 'too late for her');
    };
    const client = await application.open('/users/ann/events', { headers });
    expect(await lastError(client)).toMatchObject({
      code: 'DISCONNECTED',
      retryable: false,
    });
    expect(client.types).toEqual(['stream-open', 'stream-error']);
  });

  it('A4 replays nothing to a client that is disconnected before it opens, however much waits', async () => {
    const headers = authenticator.admit('ann');
    const { id } = await bus.publish('users.ann', 'the last one she saw');
    authenticator.beforeAnswer = async () => {
      await connections.disconnect({ principal: 'ann' });
      // More than a stream hands over in one write.
      const text = 'x'.repeat(10_000);
      for (let count = 0; count < 60; count++)
        void bus.publish('users.ann', text);
      await bus.publish('users.ann', text);
    };
    const client = await application.open('/users/ann/events', {
      headers,
      lastEventId: id,
    });
    await client.untilClosed();
    expect(client.types).toEqual(['stream-open', 'stream-error']);
  });

  it('A4 tells a client to stay away, or to come back, with the reason', async () => {
    const gone = await open('ann');
    await connections.disconnect(
      { principal: 'ann' },
      { reason: 'Signed out', terminal: true },
    );
    const { id, ...final } = await lastError(gone);
    expect(final).toEqual({
      code: 'DISCONNECTED',
      message: 'Signed out',
      retryable: false,
    });
    const away = await application.open('/users/ann/events', {
      headers: authenticator.admit('ann'),
      lastEventId: id,
    });
    expect(away.status).toBe(204);

    const moved = await open('bob');
    await connections.disconnect({ principal: 'bob' });
    await bus.publish('users.bob', 'missed');
    expect(await lastError(moved)).toMatchObject({
      retryable: true,
      id: undefined,
    });
    const back = await application.open('/users/bob/events', {
      headers: authenticator.admit('bob'),
      lastEventId: moved.lastId,
    });
    await back.untilType('stream-live');
    expect(back.events.map(({ data }) => data)).toEqual(['missed']);
  });

  it('A4 disconnects by topic, connection or address, all that is named together', async () => {
    const ann = await open('ann');
    const bob = await open('bob');
    const all = await application.open('/users/ann/all', {
      headers: authenticator.admit('ann'),
    });
    await all.untilType('stream-live');
    await connections.disconnect({
      topic: 'users.ann.orders',
      principal: 'ann',
    });
    await lastError(all);
    expect(await connections.count({ topic: 'users.ann' })).toBe(1);
    const [one] = await connections.list({ principal: 'ann' });
    await connections.disconnect({ connection: one!.id, principal: 'bob' });
    expect(await connections.count({ principal: 'ann' })).toBe(1);
    await connections.disconnect({ connection: one!.id, principal: 'ann' });
    await lastError(ann);
    await connections.disconnect({ ip: '::ffff:127.0.0.1' });
    await lastError(bob);
  });

  it('A4 refuses a disconnect that names nobody, which would be everybody', async () => {
    for (const match of [
      {},
      { principal: undefined },
      { principal: '' },
      { ip: 'localhost' },
      { user: 'ann' } as object,
    ]) {
      await expect(connections.disconnect(match)).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
      });
    }
    await expect(
      connections.disconnect({ topic: 'users.*' }),
    ).rejects.toMatchObject({ code: 'INVALID_TOPIC' });
  });
});
