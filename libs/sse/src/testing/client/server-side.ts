import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** Finds, in the same process, the server's end of a client's socket. */
export class ServerSide {
  readonly #sockets: Socket[] = [];
  readonly #stop: () => void;

  /** @param isSecure whether the server speaks TLS */
  constructor(server: EventEmitter, isSecure: boolean) {
    const event = isSecure ? 'secureConnection' : 'connection';
    const note = (socket: Socket): void => void this.#sockets.push(socket);
    server.on(event, note);
    this.#stop = () => server.off(event, note);
  }

  /** The end of the client that has this port; undefined if something stands in between. */
  of(clientPort: number | undefined): Socket | undefined {
    this.#stop();
    return this.#sockets.find(({ remotePort }) => remotePort === clientPort);
  }
}
