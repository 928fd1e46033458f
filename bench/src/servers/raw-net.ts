import { createServer, type Socket } from 'node:net';
import { encodePayload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { listen } from './listen.js';

/** The floor: one Buffer for all, written to bare sockets, without HTTP's framing. */
export async function start(): Promise<Contestant> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once('data', () => {
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n',
      );
      sockets.add(socket);
    });
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: RESPONSE_STARTED,
    publish: (payload) => {
      const bytes = encodePayload(payload);
      for (const socket of sockets) socket.write(bytes);
    },
  };
}
