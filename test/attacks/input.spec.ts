import type { Socket } from 'node:net';
import { EventBusService, SseConnections } from 'nestjs-event-stream';
import { LogCollector, TestAuthenticator } from '../support/auth.js';
import { authApp } from '../support/auth-app.js';
import { connectTcp } from '../support/network.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';

describe.each(PLATFORMS)('hostile input on %s', (platform) => {
  let application: TestApplication;
  let headers: Record<string, string>;
  const log = new LogCollector();

  beforeAll(async () => {
    application = await startApplication(
      platform,
      authApp({
        limits: { total: 1 },
        auth: { sources: { cookie: 'session' } },
      }),
      { configure: (app) => app.useLogger(log) },
    );
    headers = application.app.get(TestAuthenticator).admit('ann');
  });

  afterAll(() => application.close());

  const connect = (): Promise<Socket> =>
    connectTcp(Number(new URL(application.url).port));
  /** Sends bytes as they are, and gives what comes back until the server closes. */
  const exchange = async (text: string): Promise<string> => {
    const socket = await connect();
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => (received += part));
    socket.write(text);
    // Not once(): a server that leaves without reading all resets the connection, which is an answer, too.
    await new Promise((resolve) => socket.on('close', resolve));
    return received;
  };
  const request = (path: string, ...lines: string[]): string =>
    [
      `GET ${path} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      ...lines,
      '',
      '',
    ].join('\r\n');
  /** The one place there is, is free, and streams work. */
  const isHealthy = async (): Promise<void> => {
    const client = await application.open('/users/ann/events', { headers });
    await client.untilType('stream-live');
    await application.app.get(EventBusService).publish('users.ann', 'alive');
    await client.untilEvents(1);
    await application.app.get(SseConnections).disconnect({ principal: 'ann' });
    await client.untilClosed();
  };

  it('A5 lets line breaks in cookies and queries reach no header and no log', async () => {
    const evil = '%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a';
    const answers = [
      await exchange(request(`/users/ann/events?ticket=${evil}`)),
      await exchange(request(`/users/ann/events?lastEventId=${evil}`)),
      await exchange(request('/users/ann/events', `Cookie: session=${evil}`)),
      await exchange(
        request('/users/ann/events', 'Cookie: session=a\rSet-Cookie: evil=1'),
      ),
      await exchange(request('/users/ann/events', 'Cookie: session=%ff%zz')),
      await exchange(request('/users/ann/events', `Last-Event-ID: ${evil}`)),
    ];
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 40[01] /);
      expect(answer).not.toContain('evil');
    }
    expect(log.text).not.toContain('evil');
    await isHealthy();
  });

  it('A1 refuses a megabyte of headers', async () => {
    const huge = 'x'.repeat(1024 * 1024);
    for (const line of [
      `Cookie: session=${huge}`,
      `Authorization: Bearer ${huge}`,
    ]) {
      const answer = await exchange(request('/users/ann/events', line));
      expect(answer === '' || answer.startsWith('HTTP/1.1 431')).toBe(true);
    }
    expect(log.text).not.toContain('xxxxxxxx');
    await isHealthy();
  });

  it('C3 gives no place to clients that never finish their request', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, connect));
    for (const socket of sockets) {
      socket.write(
        `POST /own HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${headers.authorization}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":',
      );
    }
    await isHealthy();
    for (const socket of sockets) socket.write(' ');
    await isHealthy();
    for (const socket of sockets) socket.destroy();
    await isHealthy();
  });
});
