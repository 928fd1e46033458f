import type { EventEmitter } from 'node:events';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

/** How long a session without streams may take to say goodbye. */
const GOODBYE_MS = 500;

/**
 * The sessions of an HTTP/2 server. They outlive their streams, and before Node 24 a server that closes
 * waits for each of them.
 */
export class Http2Sessions {
  /** How many streams of each are open. */
  readonly #streams = new Map<ServerHttp2Session, number>();
  #isClosing = false;
  #whenEmpty: (() => void)[] = [];

  /** @param server one of HTTP/1 has no sessions */
  constructor(server: EventEmitter | undefined) {
    server?.on('session', (session: ServerHttp2Session) => this.#add(session));
  }

  /**
   * Ends the sessions once their streams are over. Those that carry nothing and are still there after a
   * moment are cut: their clients do not read, or do not answer.
   */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#streams.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    for (const session of this.#streams.keys()) this.#sayGoodbye(session);
    await Promise.race([empty, late]);
    clearTimeout(timer);
    for (const session of this.#streams.keys()) this.#leave(session);
  }

  #sayGoodbye(session: ServerHttp2Session): void {
    // Its client is leaving by itself; 'close' follows.
    if (session.destroyed) return;
    // Its client has not said anything yet.
    if (session.pendingSettingsAck) session.destroy();
    // The answer tells that the client has all that was sent before. GOAWAY comes after it: it ends the reading.
    else session.ping(() => this.#leave(session));
  }

  // Not close() where nothing is open: that waits for the client to close its side.
  #leave(session: ServerHttp2Session): void {
    if (this.#streams.get(session) === 0) session.destroy();
    else session.close();
  }

  #add(session: ServerHttp2Session): void {
    this.#streams.set(session, 0);
    session.on('stream', (stream: ServerHttp2Stream) => {
      this.#count(session, 1);
      stream.once('close', () => this.#count(session, -1));
    });
    session.once('close', () => this.#remove(session));
    if (this.#isClosing) session.destroy();
  }

  #count(session: ServerHttp2Session, change: number): void {
    const streams = this.#streams.get(session);
    if (streams !== undefined) this.#streams.set(session, streams + change);
  }

  #remove(session: ServerHttp2Session): void {
    this.#streams.delete(session);
    if (this.#streams.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
