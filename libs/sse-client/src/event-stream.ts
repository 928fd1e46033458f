import { Connection, type StreamSink } from './connection.js';
import { isControlType } from './control-type.js';
import { EventLoops } from './event-loops.js';
import {
  EventStreamError,
  type EventStreamErrorCode,
} from './event-stream-error.js';
import type { EventCheck, EventStreamOptions } from './event-stream-options.js';
import { ANY, FAILURE, Listeners, STATE } from './listeners.js';
import { SourceTarget } from './source-target.js';
import type {
  AnyEvent,
  EventOf,
  EventType,
  ReceivedEvent,
} from './stream-event.js';
import type { StreamState } from './stream-state.js';

/** What keeps a stream open. */
export type StreamConnection = Pick<
  Connection,
  'close' | 'lastEventId' | 'reconnect' | 'run'
>;

/**
 * A stream of Server-Sent Events that comes back by itself, from the last event it had.
 *
 * It stands in for the browser's `EventSource`, with its names and its rules; `on()`, `onAny()` and `for await` give
 * parsed and typed events. It connects once the code that made it is done, so that listeners added right away miss
 * nothing.
 *
 * @typeParam Events the data of each type of event; event classes of the server will do
 *
 * @example
 * const stream = new EventStream<{ 'order.shipped': OrderShipped }>('/orders/42/events', {
 *   headers: async () => ({ authorization: `Bearer ${await token()}` }),
 * });
 * stream.on('order.shipped', ({ data }) => show(data.orderId));
 * stream.on('stream-reset', () => loadAgain());
 * stream.onState(({ name }) => setBadge(name));
 */
export class EventStream<
  Events extends object = Record<string, unknown>,
> extends SourceTarget {
  readonly url: string;
  readonly withCredentials: boolean;
  readonly #raw: EventStreamOptions['raw'];
  /** By type, which a server chooses: `constructor` is one like any other. */
  readonly #checks: ReadonlyMap<string, EventCheck | undefined>;
  readonly #listeners = new Listeners();
  readonly #loops = new EventLoops<unknown>();
  readonly #connection: StreamConnection;
  #state: StreamState = { name: 'connecting' };

  /** @throws EventStreamError `INVALID_OPTIONS` */
  constructor(url: string | URL, options: EventStreamOptions<Events> = {}) {
    super();
    const { raw, check = {}, signal, credentials, withCredentials } = options;
    this.url = absolute(url);
    this.withCredentials = withCredentials ?? credentials === 'include';
    this.#raw = raw;
    this.#checks = new Map(Object.entries(check));
    this.#connection = this.connect(options, {
      onState: (state) => this.#setState(state),
      onEvent: (event) => this.#dispatch(event),
      onFailure: (error) => this.#listeners.notify(FAILURE, error),
      drained: () => this.#loops.drained(),
    });
    const onAbort = (): void => this.close();
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort);
    queueMicrotask(() => void this.#connection.run());
  }

  get state(): StreamState {
    return this.#state;
  }

  /** EventSource's view of the state. */
  get readyState(): 0 | 1 | 2 {
    const { name } = this.#state;
    if (name === 'closed') return this.CLOSED;
    return name === 'live' || name === 'replaying'
      ? this.OPEN
      : this.CONNECTING;
  }

  /** The cursor: where the next request, or another stream by the option of this name, goes on. Empty without one. */
  get lastEventId(): string {
    return this.#connection.lastEventId;
  }

  /** Calls `listener` with each event of a type, control events included. Gives back how to stop. */
  on<Type extends EventType<Events>>(
    type: Type,
    listener: (event: EventOf<Events, Type>) => void,
  ): () => void {
    return this.#listeners.add(type, listener);
  }

  /** Calls `listener` with every event of the application, and with `stream-reset`. Gives back how to stop. */
  onAny(listener: (event: AnyEvent<Events>) => void): () => void {
    return this.#listeners.add(ANY, listener);
  }

  /** Calls `listener` with each new state. Gives back how to stop. */
  onState(listener: (state: StreamState) => void): () => void {
    return this.#listeners.add(STATE, listener);
  }

  /** Calls `listener` with all that goes wrong, whether or not the stream goes on. Gives back how to stop. */
  onFailure(listener: (error: EventStreamError) => void): () => void {
    return this.#listeners.add(FAILURE, listener);
  }

  /**
   * What {@link onAny} gives, one after the other: `for await (const event of stream)`. Ends with the stream, and throws
   * its error if it failed for good. The stream reads no further than the slowest loop, so that nothing piles up; leaving
   * a loop does not close the stream.
   */
  [Symbol.asyncIterator](): AsyncGenerator<AnyEvent<Events>, undefined> {
    return this.#loops.open() as AsyncGenerator<AnyEvent<Events>, undefined>;
  }

  /** Connects anew at once, from the cursor, in place of the connection or the wait there is. */
  reconnect(): void {
    this.#connection.reconnect();
  }

  /** Ends the stream for good: nothing is requested or dispatched any more, from this call on. */
  close(): void {
    this.#connection.close('closed');
  }

  /** @internal */
  protected connect(
    options: EventStreamOptions,
    sink: StreamSink,
  ): StreamConnection {
    return new Connection(this.url, options, sink);
  }

  #setState(state: StreamState): void {
    const readyState = this.readyState;
    this.#state = state;
    const isOwnClose = state.name === 'closed' && state.reason === 'closed';
    const error = 'error' in state ? state.error : undefined;
    if (state.name === 'closed') this.#loops.end(isOwnClose, error);
    this.#listeners.notify(STATE, state);
    if (error) this.#listeners.notify(FAILURE, error);
    if (this.#state !== state || isOwnClose) return;
    if (this.readyState === this.OPEN) {
      if (readyState !== this.OPEN) this.dispatchEvent(new Event('open'));
    } else if (state.name !== 'connecting') {
      this.dispatchEvent(Object.assign(new Event('error'), { error }));
    }
  }

  #dispatch({ type, text, lastEventId, origin }: ReceivedEvent): void {
    const isOpen = (): boolean => this.#state.name !== 'closed';
    const listeners = this.#listeners;
    const isForAny = !isControlType(type) || type === 'stream-reset';
    if (
      listeners.has(type) ||
      (isForAny && (listeners.has(ANY) || this.#loops.size))
    ) {
      const data = this.#parse(type, text);
      // JSON is never undefined.
      if (data !== undefined) {
        const event = { type, data, text, lastEventId };
        listeners.notify(type, event, isOpen);
        if (isForAny) listeners.notify(ANY, event, isOpen);
        if (isForAny && isOpen()) this.#loops.push(event);
      }
    }
    if (isOpen())
      this.dispatchEvent(
        new MessageEvent(type, { data: text, lastEventId, origin }),
      );
  }

  /** Undefined for what nobody shall get. */
  #parse(type: string, text: string): unknown {
    const raw = this.#raw ?? false;
    const isText =
      (raw === true || (raw && raw.includes(type))) && !isControlType(type);
    let data: unknown = text;
    try {
      if (!isText) data = JSON.parse(text);
    } catch (cause) {
      return this.#refuse(
        'INVALID_JSON',
        `An event "${type}" is no JSON; for text, see the option raw`,
        cause,
      );
    }
    try {
      if (this.#checks.get(type)?.(data) !== false) return data;
    } catch (cause) {
      return this.#refuse(
        'INVALID_EVENT',
        `An event "${type}" is not valid`,
        cause,
      );
    }
    return this.#refuse('INVALID_EVENT', `An event "${type}" is not valid`);
  }

  #refuse(code: EventStreamErrorCode, message: string, cause?: unknown): void {
    const error = new EventStreamError(code, message, { cause });
    this.#listeners.notify(FAILURE, error);
  }
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location)
      .href;
  } catch (cause) {
    throw new EventStreamError('INVALID_OPTIONS', `No URL: ${String(url)}`, {
      cause,
    });
  }
}
