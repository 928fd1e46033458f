import { Injectable, Module } from '@nestjs/common';
import {
  EventBusService,
  OnSseConnect,
  OnSseDisconnect,
  SseConnections,
  type SseConnection,
  type SseDisconnection,
} from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

@Injectable()
class Presence {
  readonly opened: SseConnection[] = [];
  readonly closed: SseDisconnection[] = [];

  @OnSseConnect()
  online(connection: SseConnection) {
    this.opened.push(connection);
    if (connection.principal?.id === 'unwelcome') connection.close();
  }

  @OnSseDisconnect()
  offline(disconnection: SseDisconnection) {
    this.closed.push(disconnection);
  }

  @OnSseConnect()
  broken() {
    throw new Error('A broken hook.');
  }

  @OnSseDisconnect()
  async brokenLater() {
    throw new Error('A hook broken later.');
  }

  @OnSseDisconnect()
  brokenQuery() {
    return {
      // oxlint-disable-next-line unicorn/no-thenable
      then: (_resolve: unknown, reject: (error: Error) => void) =>
        reject(new Error('A query that fails once it is waited for.')),
    };
  }
}

@Module({ imports: [authApp()], providers: [Presence] })
class AppModule {}

describe.each(PLATFORMS)('connection hooks on %s', (platform) => {
  let application: TestApplication;
  const log = new LogCollector();

  beforeAll(async () => {
    application = await startApplication(platform, AppModule, {
      configure: (app) => app.useLogger(log),
    });
  });

  afterAll(() => application.close());

  it('A4 tells providers who connects and who disconnects, and why', async () => {
    const { app, open } = application;
    const presence = app.get(Presence);
    const headers = app.get(TestAuthenticator).admit('ann');
    const client = await open('/users/ann/events', { headers });
    await client.untilType('stream-live');
    await app.get(EventBusService).publish('users.ann', 1);
    await client.untilEvents(1);
    const [connection] = presence.opened;
    expect(connection).toMatchObject({
      principal: { id: 'ann' },
      address: '127.0.0.1',
      route: 'StreamsController.user',
      topics: ['users.ann'],
    });
    client.close();
    await until(() => presence.closed.length === 1);
    expect(presence.closed[0]).toMatchObject({
      connection,
      principal: { id: 'ann' },
      reason: 'client',
      blocksSent: 3,
      durationMs: expect.any(Number),
    });

    await open('/users/ann/events', { headers });
    await app.get(SseConnections).disconnect({ principal: 'ann' });
    expect(presence.closed.map(({ reason }) => reason)).toEqual([
      'client',
      'disconnect',
    ]);
    await until(() => log.text.includes('A hook broken later.'));
    await until(() => log.text.includes('A query that fails'));
    expect(log.text).toContain('A broken hook.');
  });

  it('A4 lets a hook end the stream, which begins all the same', async () => {
    const { app, open } = application;
    const presence = app.get(Presence);
    const headers = app.get(TestAuthenticator).admit('unwelcome');
    const client = await open('/users/unwelcome/events', { headers });
    await client.untilClosed();
    expect(client.isComplete).toBe(true);
    expect(client.headers['content-type']).toMatch('text/event-stream');
    expect(client.types[0]).toBe('stream-open');
    expect(presence.closed.at(-1)).toMatchObject({
      principal: { id: 'unwelcome' },
      reason: 'server',
    });
  });

  it('A4 tells of no stream that never opened', async () => {
    const { app, open } = application;
    const presence = app.get(Presence);
    const count = presence.opened.length;
    const headers = app.get(TestAuthenticator).admit('ann');
    expect((await open('/users/bob/events', { headers })).status).toBe(403);
    expect((await open('/users/bob/events')).status).toBe(401);
    expect(presence.opened).toHaveLength(count);
    expect(presence.closed).toHaveLength(count);
  });
});
