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
  /** Counts what gzip pieces end with instead of the events' own marker. */
  readonly isGzip?: boolean;
}

/** A full flush of deflate: an empty block of no compression. */
const PIECE_END = Buffer.from([0, 0, 0xff, 0xff]);

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
    const pieces = this.options.isGzip ? new PieceCounter() : undefined;
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
        if (pieces === undefined) this.#count(chunk, isSampled);
        else if (opening === undefined) this.#countPieces(pieces.count(chunk));
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

  #countPieces(count: number): void {
    if (count === 0) return;
    this.events += count;
    this.onEvents?.();
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

/** Counts the ends of gzip pieces, also those that two reads share. */
class PieceCounter {
  #rest = Buffer.alloc(0);

  count(chunk: Buffer): number {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let count = 0;
    let from = 0;
    for (
      let found = bytes.indexOf(PIECE_END);
      found >= 0;
      found = bytes.indexOf(PIECE_END, from)
    ) {
      count++;
      from = found + PIECE_END.length;
    }
    this.#rest = Buffer.from(
      bytes.subarray(Math.max(from, bytes.length - PIECE_END.length + 1)),
    );
    return count;
  }
}

/** What is read is counted at once and never kept, so that one buffer does for all sockets. */
const shared = Buffer.allocUnsafe(256 * 1024);
