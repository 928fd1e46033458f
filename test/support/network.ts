// Servers and connections below HTTP/1.1 streams. All of them are closed at the end.
import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { atEnd } from './at-end.js';

/** Lets a server listen on a free port of the loopback interface, and gives the port. */
export async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  atEnd('a server of the test', () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Connects, and says nothing. */
export async function connectTcp(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  await connected(socket, 'connect');
  return socket;
}

/** Connects over TLS, and says nothing beyond the handshake. */
export async function connectTls(
  port: number,
  protocol: 'http/1.1' | 'h2',
): Promise<tls.TLSSocket> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ALPNProtocols: [protocol],
  });
  await connected(socket, 'secureConnect');
  return socket;
}

/** A session of HTTP/2, over TLS where the URL says so. What becomes of it shows in its streams, not as an error. */
export function connectHttp2(url: string): ClientHttp2Session {
  const session = http2.connect(new URL(url).origin, {
    rejectUnauthorized: false,
  });
  atEnd(`a session with ${url}`, () => session.destroy());
  session.on('error', () => undefined);
  return session;
}

/** Servers reset connections, too: that is an end like any other. */
async function connected(socket: net.Socket, event: string): Promise<void> {
  atEnd('a socket of the test', () => socket.destroy());
  await once(socket, event);
  socket.on('error', () => undefined);
}
