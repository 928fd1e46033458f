import type { Server, Socket } from 'node:net';

/** Everything that one server socket was told to write, by call. */
export interface SocketLog {
  readonly socket: Socket;
  writes: unknown[];
}

/** Notes each `write` on the sockets that a server accepts from here on, and lets it through. */
export function logSockets(server: Server): SocketLog[] {
  const logs: SocketLog[] = [];
  server.on('connection', (socket: Socket) => {
    const log: SocketLog = { socket, writes: [] };
    const write = socket.write.bind(socket) as (...all: unknown[]) => boolean;
    socket.write = (...all: unknown[]) => {
      log.writes.push(all[0]);
      return write(...all);
    };
    logs.push(log);
  });
  return logs;
}
