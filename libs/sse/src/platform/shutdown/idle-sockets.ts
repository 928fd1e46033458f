import { Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as SecureServer, TLSSocket } from 'node:tls';

/** What Node keeps on a socket of its HTTP/1 server. */
interface SocketInternals {
  /** Null once the socket has become something else, such as a WebSocket. */
  readonly parser?: object | null;
  /** The response that is being answered on it. */
  readonly _httpMessage?: ServerResponse | null;
}

/**
 * The sockets on which no request is being answered: spare ones that browsers open, kept-alive ones, and those whose
 * client has sent half of a request and no more. A server that closes would wait for them until their time is out;
 * nothing is lost when they go.
 */
export class IdleSockets {
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  /** @param server watched if it is one of HTTP/1, or one of HTTP/2 that speaks HTTP/1 as well */
  constructor(server: unknown) {
    const isSecure = server instanceof SecureServer;
    if (!isSecure && !(server instanceof Server)) return;
    const sockets = this.#sockets;
    // One function for all sockets: thousands of them have nothing more to remember.
    const forget = function (this: Socket): void {
      sockets.delete(this);
    };
    server.on(
      isSecure ? 'secureConnection' : 'connection',
      (socket: Socket) => {
        // The sessions of HTTP/2 are looked after by themselves.
        if (socket instanceof TLSSocket && socket.alpnProtocol === 'h2') return;
        if (this.#isClosing) {
          socket.destroy();
          return;
        }
        sockets.add(socket);
        socket.on('close', forget);
      },
    );
  }

  /** Destroys them, and those that come later. */
  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets) {
      if (isIdle(socket)) socket.destroy();
    }
  }
}

function isIdle(socket: Socket): boolean {
  const { parser, _httpMessage } = socket as SocketInternals;
  return parser != null && _httpMessage == null;
}
