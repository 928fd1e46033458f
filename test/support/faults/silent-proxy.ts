import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { atEnd } from '../at-end.js';

/** Stands between a client and a server, and can go silent: no byte passes, and no connection ends. */
export class SilentProxy {
  port = 0;
  #isMuted = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#forward(socket));

  /** @param target the port that new connections are forwarded to */
  constructor(public target: number) {}

  async start(): Promise<void> {
    atEnd('the silent proxy', () => this.dispose());
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as { port: number }).port;
  }

  /** Also connections that are made from here on are accepted, and silent. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Lets new connections pass. What was silent stays so, and what was sent meanwhile is gone. */
  unmute(): void {
    this.#isMuted = false;
  }

  async dispose(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #forward(socket: Socket): void {
    let isSilent = this.#isMuted;
    this.#watch(socket);
    socket.resume();
    if (isSilent) return;
    const upstream = connect(this.target, '127.0.0.1');
    this.#watch(upstream);
    const pass = (from: Socket, to: Socket): void => {
      from.on('data', (chunk) => {
        isSilent ||= this.#isMuted;
        if (!isSilent) to.write(chunk);
      });
      from.on('close', () => {
        isSilent ||= this.#isMuted;
        if (!isSilent) to.destroy();
      });
    };
    pass(socket, upstream);
    pass(upstream, socket);
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
