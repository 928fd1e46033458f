import type { Socket } from 'node:net';
import { Server } from 'node:tls';

interface PendingHandshake {
  readonly socket: Socket;
  /** Listens to the socket's close. */
  readonly forget: () => void;
}

/**
 * The connections to a TLS server that have not become secure yet. A server that closes waits for their
 * handshakes, which a client that says nothing, such as a probe, holds up for two minutes.
 */
export class PendingHandshakes {
  /** By who is connected to what: a secure socket does not tell which one it was made of. */
  readonly #handshakes = new Map<string, PendingHandshake>();
  #isClosing = false;

  /** @param server watched if it is one of TLS */
  constructor(server: unknown) {
    if (!(server instanceof Server)) return;
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.on('secureConnection', (socket) => this.#remove(socket));
  }

  /** Destroys them, and those that come later. */
  close(): void {
    this.#isClosing = true;
    for (const { socket } of this.#handshakes.values()) socket.destroy();
  }

  #add(socket: Socket): void {
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const key = peersOf(socket);
    if (key === undefined) return;
    const forget = (): void => {
      this.#handshakes.delete(key);
    };
    this.#handshakes.set(key, { socket, forget });
    socket.once('close', forget);
  }

  #remove(secure: Socket): void {
    const key = peersOf(secure);
    const handshake = key === undefined ? key : this.#handshakes.get(key);
    if (handshake === undefined) return;
    handshake.socket.removeListener('close', handshake.forget);
    handshake.forget();
  }
}

/** Undefined for a socket that has gone already, and for one of the file system. */
function peersOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort, localAddress } = socket;
  return remotePort === undefined
    ? undefined
    : `${remoteAddress} ${remotePort} ${localAddress}`;
}
