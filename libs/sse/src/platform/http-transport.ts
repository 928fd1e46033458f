import { ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Batch } from '../connection/output/batch.js';
import { GzipStream, type GzipCoding } from '../connection/gzip/gzip-coding.js';
import type {
  StreamTransport,
  TransportListener,
} from '../connection/output/stream-transport.js';
import type { RawResponse, ResponseHeaders } from './http-exchange.js';
import { PacedResponse } from './paced-response.js';
import { isClosed, onceClosed } from './response-close.js';

/** libuv's count of bytes that the kernel has not taken; Node's own idle timeout reads it too. */
interface SocketHandle {
  readonly writeQueueSize?: number;
  /** Under TLS, that of the connection below: TLS itself counts a write as a whole until all of it has gone. */
  readonly _parent?: SocketHandle;
}

/** After so long without a byte in either direction the kernel asks the peer whether it is there. */
const KEEP_ALIVE_MS = 30_000;

/** A stream over Node's own HTTP server. */
export class HttpTransport implements StreamTransport {
  /** Where ready-made chunks go, if this response allows it. */
  #chunkSocket: Socket | undefined;
  #gzip: GzipStream | undefined;
  readonly #paced: PacedResponse | undefined;
  #isOver = false;
  /** Bytes handed over, of any kind. */
  #written = 0;

  constructor(
    private readonly response: RawResponse,
    private readonly listener: TransportListener,
    private readonly allowsFastPath: boolean,
    private readonly coding?: GzipCoding,
  ) {
    onceClosed(response, () => this.#onClose());
    // What went wrong shows in the response's close; an error that nobody hears would end the process.
    response.on('error', ignore);
    if (
      !(response instanceof ServerResponse) &&
      response.write === nativeHttp2Write
    )
      this.#paced = new PacedResponse(response, () => listener.onDrain());
  }

  get isClosed(): boolean {
    return this.#isOver || isClosed(this.response);
  }

  get backlog(): number {
    if (this.#paced !== undefined) return this.#paced.backlog;
    const { socket } = this.response;
    const handle = (socket as { _handle?: SocketHandle | null } | null)
      ?._handle;
    return (
      (handle?.writeQueueSize ?? 0) +
      (handle?._parent?.writeQueueSize ?? 0) +
      this.response.writableLength +
      (socket?.writableLength ?? 0)
    );
  }

  get taken(): number {
    return this.#written - this.backlog;
  }

  open(headers: ResponseHeaders, batch: Batch): boolean {
    const { response } = this;
    const isCodedByOthers =
      'content-encoding' in headers || response.hasHeader('content-encoding');
    const coding = isCodedByOthers ? undefined : this.coding;
    // Not set one by one, which would keep a table of them as long as the response lives.
    response.writeHead(
      200,
      coding ? { ...headers, 'content-encoding': 'gzip' } : headers,
    );
    if (coding !== undefined) this.#gzip = new GzipStream(coding);
    const isTaken = this.#writeBytes(this.#gzip?.begin(batch) ?? batch.bytes);
    if (response instanceof ServerResponse) {
      // An idle timeout of the server must not cut a stream that is silent for a while. A stand-in for a socket,
      // as the adapters of serverless platforms have, knows of none.
      response.socket?.setTimeout?.(0);
      // Without heartbeats nothing else would tell of a peer that is gone.
      response.socket?.setKeepAlive?.(true, KEEP_ALIVE_MS);
      flatten((response as ResponseInternals)._header);
      if (this.allowsFastPath && !isCodedByOthers) this.#allowChunks(response);
    }
    return isTaken;
  }

  write(batch: Batch): boolean {
    const socket = this.#chunkSocket;
    // Ended by somebody else, such as a middleware with a time limit. Not asked on the fast path: Express
    // gives each response a hidden class of its own, which makes any look at one slow.
    if (socket === undefined && this.response.writableEnded) return true;
    const piece = this.#gzip?.next(batch) ?? batch;
    if (socket === undefined) return this.#writeBytes(piece.bytes);
    const { chunk } = piece;
    this.#written += chunk.length;
    if (socket.write(chunk)) return true;
    socket.once('drain', () => this.listener.onDrain());
    return false;
  }

  end(): void {
    if (this.#gzip !== undefined) this.#writeBytes(this.#gzip.end());
    if (this.#paced !== undefined) this.#paced.end();
    else this.response.end();
  }

  endForGood(): void {
    const { response } = this;
    if (response instanceof ServerResponse) {
      const { socket } = response;
      // Keep-alive would hold the connection, and with it the server, for seconds.
      response.once('finish', () => socket?.destroySoon?.());
    }
    this.end();
  }

  destroy(): void {
    const { response } = this;
    if (response instanceof ServerResponse) {
      response.destroy();
      return;
    }
    // With a reason: without one the client would take it for a proper end.
    response.stream.close(constants.NGHTTP2_CANCEL);
    response.stream.destroy();
  }

  #allowChunks(response: ServerResponse): void {
    this.#chunkSocket = socketForChunks(response, this.#gzip !== undefined);
    if (this.#chunkSocket === undefined) return;
    // Emitted within `end()`, whoever calls it: a chunk after that would stand between this response and
    // the socket's next one.
    response.on('prefinish', () => {
      this.#chunkSocket = undefined;
    });
  }

  #onClose(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#chunkSocket = undefined;
    this.listener.onClose();
  }

  #writeBytes(bytes: Buffer): boolean {
    this.#written += bytes.length;
    if (this.#paced !== undefined) return this.#paced.write(bytes);
    // One signature for both: their overloads differ only in what is not used here.
    const response: { write(bytes: Buffer): unknown } = this.response;
    // A stand-in for a socket may give nothing, and then never drains.
    if (response.write(bytes) !== false) return true;
    this.response.once('drain', () => this.listener.onDrain());
    return false;
  }
}

function ignore(): void {}

/**
 * Makes V8 store a string in one piece. Node builds the headers from some twenty pieces and keeps them all
 * as long as the response lives: 0.6 KB for each idle connection.
 */
function flatten(text: string | null | undefined): void {
  if (typeof text === 'string') Buffer.byteLength(text);
}

const nativeWrite = ServerResponse.prototype.write;
const nativeHttp2Write = Http2ServerResponse.prototype.write;

/** What Node keeps of a response that this path depends on. */
interface ResponseInternals {
  readonly _header?: string | null;
  readonly chunkedEncoding?: boolean;
  readonly outputData?: readonly unknown[];
}

/**
 * The socket to write ready-made chunks to, which saves a share of `res.write`'s work. Only where it gives
 * the very bytes that `res.write` would: HTTP/1.1 with chunked coding, a `write` that no middleware has
 * replaced, no content coding of others, and a response that is the socket's current one with nothing
 * queued before it.
 */
function socketForChunks(
  response: ServerResponse,
  isCodedHere: boolean,
): Socket | undefined {
  const { chunkedEncoding, outputData } = response as ResponseInternals;
  const { socket, req } = response;
  const isPlain =
    socket !== null &&
    !socket.destroyed &&
    req.httpVersionMajor === 1 &&
    req.httpVersionMinor === 1 &&
    req.socket === socket &&
    chunkedEncoding === true &&
    outputData?.length === 0 &&
    response.write === nativeWrite &&
    (isCodedHere || !response.hasHeader('content-encoding')) &&
    (socket as { _httpMessage?: unknown })._httpMessage === response;
  return isPlain ? socket : undefined;
}
