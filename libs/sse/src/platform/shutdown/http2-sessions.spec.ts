import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Http2Sessions } from './http2-sessions.js';

describe('Http2Sessions', () => {
  let server: Http2Server;
  let client: ClientHttp2Session;

  beforeEach(() => {
    server = createServer().listen(0, '127.0.0.1');
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  it('C5 closes while a session is being destroyed', async () => {
    const sessions = new Http2Sessions(server);
    const opened = once(server, 'session');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = connect(`http://127.0.0.1:${port}`);
    const [session] = (await opened) as [ServerHttp2Session];
    // The client's settings are confirmed: no session that is merely being opened.
    await once(session, 'localSettings');

    session.destroy();
    expect(session.destroyed).toBe(true);
    await expect(sessions.close()).resolves.toBeUndefined();
  });
});
