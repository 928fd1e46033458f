import { ForbiddenException } from '@nestjs/common';
import {
  EventBusService,
  pattern,
  SseConnections,
  SseTopicPolicy,
  type SsePrincipal,
} from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

class MembersPolicy extends SseTopicPolicy {
  readonly since = new Map<string, number>();
  readonly banned = new Set<string>();
  readonly refused = new Set<string>();

  async canSubscribe(principal: SsePrincipal | undefined) {
    if (principal === undefined || this.banned.has(principal.id)) return false;
    if (this.refused.has(principal.id)) throw new ForbiddenException();
    const since = this.since.get(principal.id);
    return since === undefined || { since };
  }
}

describe.each(PLATFORMS)('topics of others on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let authenticator: TestAuthenticator;
  const policy = new MembersPolicy();

  beforeAll(async () => {
    application = await startApplication(
      platform,
      authApp({ auth: { policy } }),
    );
    bus = application.app.get(EventBusService);
    authenticator = application.app.get(TestAuthenticator);
  });

  afterAll(() => application.close());

  const refused = async (
    path: string,
    headers: Record<string, string>,
    lastEventId?: string,
  ): Promise<string> => {
    const client = await application.open(path, { headers, lastEventId });
    await client.untilClosed();
    expect(client.status).toBe(403);
    expect(JSON.parse(client.raw)).toMatchObject({ code: 'TOPIC_FORBIDDEN' });
    return client.raw;
  };

  it('A3 refuses the topic of another, live and by a cursor before its events', async () => {
    const headers = authenticator.admit('ann');
    const { id } = await bus.publish('users.ann', 'mine');
    await bus.publish('users.bob', 'secret of bob');

    expect(await refused('/users/bob/events', headers)).not.toContain('secret');
    expect(await refused('/users/bob/events', headers, id)).not.toContain(
      'secret',
    );
    expect(
      await refused(`/users/bob/events?lastEventId=${id}`, headers),
    ).not.toContain('secret');
  });

  it('A3 replays only what the principal may read, whatever cursor it brings', async () => {
    const headers = authenticator.admit('ann');
    const { id } = await bus.publish('users.bob', 'before');
    await bus.publish('users.bob', 'secret of bob');
    await bus.publish('users.ann', 'for ann');
    const client = await application.open('/users/ann/events', {
      headers,
      lastEventId: id,
    });
    await client.untilType('stream-live');
    expect(client.events.map(({ data }) => data)).toEqual(['for ann']);
    expect(client.raw).not.toContain('secret');
  });

  it('A3 refuses a pattern wider than the granted ones, also for a stream beside', async () => {
    const headers = authenticator.admit('ann');
    await refused('/everybody', headers);
    await refused('/beside', headers);
    const narrow = authenticator.admit('eve', {
      topics: [pattern('users.eve.*'), 'users.eve'],
    });
    await refused('/users/eve/all', narrow);
    const wide = authenticator.admit('root', { topics: [pattern('>')] });
    const client = await application.open('/everybody', { headers: wide });
    await client.untilType('stream-live');
  });

  it('A3 takes a wildcard in user input for no pattern', async () => {
    const headers = authenticator.admit('root', { topics: [pattern('>')] });
    for (const id of ['*', '%3E', '*.*']) {
      const client = await application.open(`/users/${id}/events`, { headers });
      await client.untilClosed();
      expect(client.status).toBe(400);
    }
  });

  it('A3 asks the policy of the application, and does not replay what was before its since', async () => {
    const headers = authenticator.admit('cat');
    const { id } = await bus.publish('users.cat', 'old');
    await bus.publish('users.cat', 'before she joined');
    const start = Date.now();
    while (Date.now() === start);
    policy.since.set('cat', Date.now());
    await bus.publish('users.cat', 'after');
    const client = await application.open('/users/cat/events', {
      headers,
      lastEventId: id,
    });
    await client.untilType('stream-live');
    expect(client.events.map(({ data }) => data)).toEqual(['after']);

    policy.banned.add('cat');
    await refused('/users/cat/events', headers, id);
  });

  it('A3 takes a policy that throws 403 at its word, for open streams too', async () => {
    const headers = authenticator.admit('dan');
    const client = await application.open('/users/dan/events', { headers });
    await client.untilType('stream-live');
    policy.refused.add('dan');
    const connections = application.app.get(SseConnections);
    await connections.revalidate({ principal: 'dan' });
    await client.untilClosed();
    expect(client.blocks.at(-1)).toMatchObject({ type: 'stream-error' });
    const again = await application.open('/users/dan/events', { headers });
    expect(again.status).toBe(403);
  });
});
