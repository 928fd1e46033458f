import {
  giveBackHeaders,
  takeHeaders,
  type FastifyReplyLike,
} from './fastify-headers.js';
import type { RawResponse, ResponseHeaders } from './http-exchange.js';

/**
 * The payload that Fastify is given for a stream. It runs its onSend hooks, as for every payload, and pipes it to
 * the raw response when they are done, however long they take; the stream opens then.
 */
export class FastifyHandover {
  readonly #headers: Record<string, string | string[]> = {};
  #listenerCounts: readonly number[] | undefined;
  #isPiped = false;

  /** @param settle called once, with what `open` threw if it failed */
  constructor(
    private readonly reply: FastifyReplyLike,
    private readonly open: (headers: ResponseHeaders) => void,
    private readonly settle: (failure?: { readonly error: unknown }) => void,
  ) {}

  /**
   * Fastify begins to watch this payload when the hooks are done, and puts its headers on the raw response next.
   * They are taken before that: a bad one would throw out of reach, where it ends the process if the last hook
   * called back from a timer or a socket; and Node keeps a table of headers that were set one by one.
   */
  on(): this {
    // A hook that pipes it further watches it afterwards.
    if (this.#isPiped) return this;
    Object.assign(this.#headers, takeHeaders(this.reply));
    this.#listenerCounts = countListeners(this.reply.raw);
    return this;
  }

  /** A hook that pipes it further asks when it has ended. */
  once(): this {
    return this;
  }

  removeListener(): this {
    return this;
  }

  pipe<T>(destination: T): T {
    const { reply } = this;
    this.#isPiped = true;
    const headers = Object.assign(this.#headers, takeHeaders(reply));
    // A hook that compresses all streams: this one does not pass through it, as `no-transform` says.
    if ((destination as unknown) !== reply.raw)
      delete headers['content-encoding'];
    // Fastify watches both ends of what it pipes, with closures that live as long as the stream: 0.8 KB of each
    // idle connection. The connection watches for itself.
    if (this.#listenerCounts !== undefined)
      removeListeners(reply.raw, this.#listenerCounts);
    try {
      this.open(headers);
    } catch (error) {
      giveBackHeaders(headers, reply);
      this.settle({ error });
      return destination;
    }
    // Not before: a reply that was taken over could not be answered by an exception filter.
    reply.hijack();
    this.settle();
    return destination;
  }

  /** The response is over. */
  destroy(): this {
    return this;
  }
}

/** What `stream.finished()` listens for. */
const WATCHED_EVENTS = ['close', 'end', 'error', 'finish'] as const;

function countListeners(raw: RawResponse): number[] {
  return WATCHED_EVENTS.map((event) => raw.listenerCount(event));
}

/**
 * Removes those that were added after these were counted. The others are put back into new lists: V8 keeps room for
 * twenty in a list that has once grown.
 */
function removeListeners(raw: RawResponse, counts: readonly number[]): void {
  for (const [index, event] of WATCHED_EVENTS.entries()) {
    // As they are: those of `once()` in their wrappers.
    const listeners = raw.rawListeners(event) as (() => void)[];
    raw.removeAllListeners(event);
    for (const listener of listeners.slice(0, counts[index]))
      raw.on(event, listener);
  }
}
