import { Server, type IncomingMessage } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';

/**
 * The sockets that have not carried a request yet. Browsers open such spare ones, and a server that
 * closes waits for them until their headers time out; nothing is lost when they go.
 */
export class UnusedSockets {
  readonly #sockets = new Map<Socket, () => void>();
  #isClosing = false;

  /** @param server watched if it is one of HTTP/1 */
  constructor(server: unknown) {
    const isSecure = server instanceof SecureServer;
    if (!isSecure && !(server instanceof Server)) return;
    server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#add(socket),
    );
    server.on('request', (request: IncomingMessage) =>
      this.#remove(request.socket),
    );
  }

  /** Destroys them, and those that come later. */
  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const forget = (): void => {
      this.#sockets.delete(socket);
    };
    this.#sockets.set(socket, forget);
    socket.once('close', forget);
  }

  #remove(socket: Socket): void {
    const forget = this.#sockets.get(socket);
    if (forget === undefined) return;
    this.#sockets.delete(socket);
    socket.removeListener('close', forget);
  }
}
