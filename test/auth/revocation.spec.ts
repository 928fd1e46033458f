import { setImmediate as turn } from 'node:timers/promises';
import {
  EventBusService,
  memoryEventLog,
  SseConnections,
} from 'nestjs-event-stream';
import { TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import { beside } from '../support/beside.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';

const CONNECTIONS = 1_000;

describe.each(PLATFORMS)('revocation on %s', (platform) => {
  let application: TestApplication;
  let bus: EventBusService;
  let connections: SseConnections;
  let headers: Record<string, string>;

  beforeAll(async () => {
    application = await startApplication(
      platform,
      authApp({ log: memoryEventLog({ maxEvents: 50_000 }) }),
    );
    bus = application.app.get(EventBusService);
    connections = application.app.get(SseConnections);
    headers = application.app.get(TestAuthenticator).admit('ann');
  });

  afterAll(() => application.close());

  it('A4 ends 1,000 streams, and no event published after it reaches them', async () => {
    const clients: SseTestClient[] = [];
    while (clients.length < CONNECTIONS) {
      const batch = Array.from({ length: 100 }, () =>
        application.open('/users/ann/events', { headers }),
      );
      clients.push(...(await Promise.all(batch)));
    }
    await Promise.all(clients.map((one) => one.untilType('stream-live')));
    await bus.publish('users.ann', 'before');
    let published = 0;
    let isOver = false;
    const publishing = beside(
      (async () => {
        while (!isOver) {
          await bus.publish('users.ann', `during ${published++}`);
          await turn();
        }
      })(),
    );
    await clients[0]!.until(() => published > 20);

    await connections.disconnect({ principal: 'ann' }, { terminal: true });
    const after = bus.publish('users.ann', 'after');
    isOver = true;
    await Promise.all([after, publishing]);
    await Promise.all(clients.map((one) => one.untilClosed()));

    for (const client of clients) {
      expect(client.raw).toContain('before');
      expect(client.raw).not.toContain('after');
      expect(client.blocks.at(-1)!.type).toBe('stream-error');
    }
    const [last] = new Set(clients.map(({ events }) => events.length));
    expect(clients.every(({ events }) => events.length === last)).toBe(true);
  });

  it('A4 ends a stream in the middle of its replay', async () => {
    const { id } = await bus.publish('users.ann', 'start');
    const text = 'x'.repeat(1_000);
    for (let index = 0; index < 30_000; index++)
      void bus.publish('users.ann', text);
    await bus.publish('users.ann', 'newest before');
    const client = await application.open('/users/ann/events', {
      headers,
      lastEventId: id,
    });
    client.pause();
    await connections.disconnect({ principal: 'ann' });
    await bus.publish('users.ann', 'after');
    client.resume();
    await client.untilClosed();

    expect(client.blocks.at(-1)!.type).toBe('stream-error');
    expect(client.raw).not.toMatch(/newest before|after|stream-live/);
    expect(client.events.length).toBeLessThan(30_000);
  });
});
