import { once } from 'node:events';
import net from 'node:net';
import { atEnd } from './at-end.js';

/** A bare TCP client: says exactly what it is told to, and reads only when it is let. */
export class RawSocket {
  text = '';
  isClosed = false;
  #changed: (() => void)[] = [];

  private constructor(readonly socket: net.Socket) {
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      this.text += text;
      this.#notify();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#notify();
    });
  }

  static async connect(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    const socket = net.connect({ host: hostname, port: Number(port) });
    atEnd(`a socket to ${url}`, () => socket.destroy());
    await once(socket, 'connect');
    return new RawSocket(socket);
  }

  /** Sends a request without a body. */
  request(
    path: string,
    {
      version = '1.1',
      headers = '',
    }: { version?: string; headers?: string } = {},
  ): void {
    this.socket.write(
      `GET ${path} HTTP/${version}\r\nHost: test\r\nAccept: text/event-stream\r\n${headers}\r\n`,
      'latin1',
    );
  }

  /** Waits until this text has come, and forgets everything up to it. */
  async until(text: string): Promise<void> {
    for (;;) {
      const place = this.text.indexOf(text);
      if (place >= 0) {
        this.text = this.text.slice(place + text.length);
        return;
      }
      if (this.isClosed)
        throw new Error(`Closed before ${text}: ${this.text.slice(-500)}`);
      await this.#change();
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #notify(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const resolve of changed) resolve();
  }
}
