import { Server, type IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { Server as SecureServer, TLSSocket } from 'node:tls';

interface UnusedSocket {
  /** Listens to the socket's close. */
  readonly forget: () => void;
  /** What it had carried when it came: for TLS, its handshake. */
  readonly bytes: number;
}

/**
 * The sockets that have not carried a request yet. Browsers open such spare ones, and a server that
 * closes waits for them until their headers time out; nothing is lost when they go.
 */
export class UnusedSockets {
  readonly #sockets = new Map<Socket, UnusedSocket>();
  readonly #server: Server | SecureServer | undefined;
  #isClosing = false;

  /** @param server watched if it is one of HTTP/1, or one of HTTP/2 that speaks HTTP/1 as well */
  constructor(server: unknown) {
    const isSecure = server instanceof SecureServer;
    if (!isSecure && !(server instanceof Server)) return;
    this.#server = server;
    server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#add(socket),
    );
    server.on('request', (request: IncomingMessage | Http2ServerRequest) => {
      if (request.httpVersionMajor < 2) this.#remove(request.socket);
    });
  }

  /** Destroys them, and those that come later. */
  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets.keys()) {
      if (!this.#mayBeUpgraded(socket)) socket.destroy();
    }
  }

  // A WebSocket never becomes a request, so that what it carries is all that tells it from a spare one.
  #mayBeUpgraded(socket: Socket): boolean {
    const takesOver = ['upgrade', 'connect'].some(
      (event) => this.#server!.listenerCount(event) > 0,
    );
    return takesOver && socket.bytesRead > this.#sockets.get(socket)!.bytes;
  }

  #add(socket: Socket): void {
    // The sessions of HTTP/2 are looked after by themselves.
    if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') return;
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const forget = (): void => {
      this.#sockets.delete(socket);
    };
    this.#sockets.set(socket, { forget, bytes: socket.bytesRead });
    socket.once('close', forget);
  }

  #remove(socket: Socket): void {
    const unused = this.#sockets.get(socket);
    if (unused === undefined) return;
    this.#sockets.delete(socket);
    socket.removeListener('close', unused.forget);
  }
}
