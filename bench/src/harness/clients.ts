import { connect, type Socket } from 'node:net';
import { ageOf, MARKER } from './payload.js';

/** Connections that are opened at the same time: fewer than a server's listen backlog. */
const OPENING = 250;
/** Every so many sockets one takes the time of what it reads. */
const SAMPLED = 16;

export interface ClientOptions {
  readonly port: number;
  readonly path: string;
  readonly count: number;
  /** What has to be read before a stream counts as open. */
  readonly readyWhen: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Raw sockets that ask for a stream, count the events they read and throw them away. */
export class Clients {
  /** Events read, by all sockets together. */
  events = 0;
  bytes = 0;
  closed = 0;
  /** Publish-to-read times of the sampled sockets, in milliseconds. */
  latencies: number[] = [];
  onEvents: (() => void) | undefined;
  onBytes: (() => void) | undefined;
  readonly sockets: Socket[] = [];

  private constructor(private readonly options: ClientOptions) {}

  static async open(options: ClientOptions): Promise<Clients> {
    const clients = new Clients(options);
    await clients.add(options.count);
    return clients;
  }

  async add(count: number): Promise<void> {
    let left = count;
    const work = async (): Promise<void> => {
      while (left-- > 0) await this.#openOne();
    };
    await Promise.all(Array.from({ length: OPENING }, work));
  }

  /** Cuts all sockets and waits until they are gone on this side. */
  async close(): Promise<void> {
    const gone = this.sockets.splice(0).map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.closed) resolve();
          else socket.once('close', () => resolve()).destroy();
        }),
    );
    await Promise.all(gone);
  }

  #openOne(): Promise<void> {
    const { port, path, readyWhen, headers = {} } = this.options;
    const isSampled = this.sockets.length % SAMPLED === 0;
    return new Promise((resolve, reject) => {
      let opening: string | undefined = '';
      const take = (length: number, bytes: Uint8Array): boolean => {
        const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, length);
        this.bytes += length;
        if (opening !== undefined) {
          opening += chunk.toString('latin1');
          if (opening.includes(readyWhen)) {
            opening = undefined;
            resolve();
          }
        }
        this.#count(chunk, isSampled);
        this.onBytes?.();
        return true;
      };
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: shared, callback: take },
      });
      this.sockets.push(socket);
      socket.on('error', reject);
      socket.once('close', () => {
        this.closed++;
        reject(new Error(`the stream closed early: ${opening}`));
      });
      const lines = Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`);
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n${lines.join('')}\r\n`,
      );
    });
  }

  #count(chunk: Buffer, isSampled: boolean): void {
    let found = chunk.indexOf(MARKER);
    if (found < 0) return;
    if (isSampled) {
      const age = ageOf(chunk, found);
      if (age !== undefined) this.latencies.push(age);
    }
    do {
      this.events++;
      found = chunk.indexOf(MARKER, found + 1);
    } while (found >= 0);
    this.onEvents?.();
  }
}

/** What is read is counted at once and never kept, so that one buffer does for all sockets. */
const shared = Buffer.allocUnsafe(256 * 1024);
