import { MAX_TIMER_MS, waitMs } from './backoff.js';
import { EventStreamError } from './event-stream-error.js';
import type { EventStreamOptions } from './event-stream-options.js';
import { watchPage } from './page-events.js';
import { StoredCursor } from './stored-cursor.js';
import type { ReceivedEvent } from './stream-event.js';
import { createStreamReader, type StreamOutcome } from './stream-reader.js';
import { createRequest, type StreamRequest } from './stream-request.js';
import { readerOf } from './stream-response.js';
import type { ClosedReason, StreamState } from './stream-state.js';
import { createWatchdog } from './watchdog.js';

/** Who a connection works for. */
export interface StreamSink {
  onState(state: StreamState): void;
  onEvent(event: ReceivedEvent): void;
  /** A failure that is no change of state. */
  onFailure(error: EventStreamError): void;
  /** Waits until all that was handed on is handled; undefined if it is. */
  drained(): Promise<unknown> | undefined;
}

/** Keeps a stream open: one request after the other, with a wait in between, until one of both sides is done. */
export class Connection {
  readonly #cursor: StoredCursor;
  readonly #request: StreamRequest;
  readonly #closing = new AbortController();
  /** Cuts the attempt that is on. Its reason is the failure; with none, the next attempt follows at once. */
  #attempt = new AbortController();
  readonly #watchdog = createWatchdog(() =>
    this.#attempt.abort(
      failure('SILENT', 'Nothing came, not even a heartbeat'),
    ),
  );
  #state: StreamState['name'] | undefined;
  /** How many attempts in a row brought nothing. */
  #failures = 0;
  #retryMs: number | undefined;
  /** Whether `onUnauthorized` was called since the last stream that opened. */
  #hasAskedForRights = false;
  #endWait: (() => void) | undefined;
  /** Whether the server said how long to wait, so that nothing shortens it. */
  #isWaitOrdered = false;
  #isHidden = false;

  /** @throws EventStreamError `INVALID_OPTIONS` */
  constructor(
    private readonly url: string,
    private readonly options: EventStreamOptions,
    private readonly sink: StreamSink,
  ) {
    this.#cursor = new StoredCursor(url, options, (error) =>
      sink.onFailure(error),
    );
    this.#request = createRequest(url, options);
    watchPage(
      {
        onWake: () => this.#wake(),
        onHide: () => {
          this.#isHidden = true;
          this.#attempt.abort();
        },
        onShow: () => {
          this.#isHidden = false;
          this.#wake();
        },
      },
      this.#closing.signal,
    );
  }

  get lastEventId(): string {
    return this.#cursor.value;
  }

  /** Runs until the stream is over. */
  async run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#attempt = new AbortController();
      this.#setState({ name: 'connecting' });
      const outcome = await this.#tryOnce(this.#attempt.signal);
      this.#watchdog.stop();
      this.#attempt.abort();
      if (outcome === 'ended') this.close('ended');
      else if (outcome !== undefined) await this.#recover(outcome);
      else if (this.#isHidden) await this.#wait();
    }
  }

  /** Makes a new request at once, in place of the connection or the wait that is on. */
  reconnect(): void {
    this.#attempt.abort();
    this.#endWait?.();
  }

  close(reason: ClosedReason, error?: EventStreamError): void {
    if (this.#closing.signal.aborted) return;
    if (!this.sink.drained()) this.#cursor.save();
    this.#setState({ name: 'closed', reason, ...(error && { error }) });
    this.#closing.abort();
    this.reconnect();
  }

  /** One attempt; undefined if it was cut for no failure. */
  async #tryOnce(signal: AbortSignal): Promise<StreamOutcome | undefined> {
    try {
      const outcome = await this.#read(signal);
      return outcome ?? failure('CONNECTION_LOST', 'The response ended');
    } catch (cause) {
      const error: unknown = signal.aborted ? signal.reason : cause;
      if (error instanceof EventStreamError) return error;
      return signal.aborted
        ? undefined
        : failure('CONNECTION_LOST', 'The connection broke off', error);
    }
  }

  async #read(signal: AbortSignal): Promise<StreamOutcome | undefined> {
    const {
      connectTimeoutMs = 30_000,
      idleTimeoutMs,
      maxEventBytes = 2 ** 24,
    } = this.options;
    const timer =
      connectTimeoutMs &&
      setTimeout(
        () =>
          this.#attempt.abort(
            failure('HEADERS_TIMEOUT', 'No response in time'),
          ),
        Math.min(connectTimeoutMs, MAX_TIMER_MS),
      );
    // Not every fetch() that one can bring along obeys its signal.
    const aborted = new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
    const opened = await Promise.race([this.#open(signal), aborted]).finally(
      () => timer && clearTimeout(timer),
    );
    if (!opened) return 'ended';

    const { reader, origin } = opened;
    // Ends a read that waits. A body that has failed has nothing to cancel.
    aborted.catch(() => reader.cancel()).catch(() => undefined);
    const feed = createStreamReader(maxEventBytes, signal, {
      onId: (id) => {
        this.#cursor.value = id;
      },
      onEvent: (type, text) => {
        // A refusal that is no status opens the stream, too: it must not look like a success.
        if (!/^stream-(open|error)$/.test(type)) this.#failures = 0;
        const { lastEventId } = this;
        this.sink.onEvent({ type, text, lastEventId, origin });
      },
      onLive: () => {
        if (this.#state === 'replaying') this.#setState({ name: 'live' });
      },
      onHeartbeat: (milliseconds) => {
        if (idleTimeoutMs === undefined) this.#watchdog.limit(2 * milliseconds);
      },
      onRetry: (milliseconds) => {
        this.#retryMs = milliseconds;
      },
    });
    this.#hasAskedForRights = false;
    this.#watchdog.touch();
    if (idleTimeoutMs) this.#watchdog.limit(idleTimeoutMs);
    this.#setState({ name: this.lastEventId ? 'replaying' : 'live' });
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return undefined;
      this.#watchdog.touch();
      const outcome = feed(value);
      const drained = this.sink.drained();
      if (drained) {
        this.#watchdog.pause();
        await drained;
        this.#watchdog.touch();
        this.#watchdog.check();
      }
      this.#cursor.save();
      if (outcome) return outcome;
    }
  }

  /** Undefined if the server has nothing to stream. */
  async #open(signal: AbortSignal) {
    const response = await this.#request(await this.#cursor.load(), signal);
    if (signal.aborted) void response.body?.cancel();
    if (response.status === 204) return undefined;
    const { origin } = new URL(response.url || this.url);
    return { reader: await readerOf(response), origin };
  }

  async #recover(error: EventStreamError): Promise<void> {
    const { onUnauthorized, retry = {} } = this.options;
    const { baseMs = 1000, maxMs = 30_000 } = retry;
    if (error.status === 401 && onUnauthorized && !this.#hasAskedForRights) {
      this.#hasAskedForRights = true;
      try {
        await onUnauthorized();
        return;
      } catch (cause) {
        this.#hasAskedForRights = false;
        error = failure('CALLBACK_FAILED', 'onUnauthorized() failed', cause);
      }
    }
    const failures = ++this.#failures;
    if (!(retry.when?.(error, failures) ?? error.retryable))
      return this.close('failed', error);
    const { retryAfterMs } = error;
    await this.#wait(
      error,
      waitMs(failures, baseMs, maxMs, this.#retryMs, retryAfterMs),
    );
  }

  /** Waits so long, or until something ends the wait. */
  async #wait(error?: EventStreamError, retryInMs?: number): Promise<void> {
    this.#isWaitOrdered = error?.retryAfterMs !== undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = new Promise<void>((resolve) => {
      this.#endWait = resolve;
      if (retryInMs) timer = setTimeout(resolve, retryInMs);
    });
    // A listener may end the wait, or the stream.
    this.#setState({ name: 'waiting', retryInMs, error });
    await wait;
    clearTimeout(timer);
  }

  #wake(): void {
    this.#watchdog.check();
    if (!this.#isHidden && !this.#isWaitOrdered) this.#endWait?.();
  }

  #setState(state: StreamState): void {
    if (this.#closing.signal.aborted || this.#state === state.name) return;
    this.#state = state.name;
    this.sink.onState(state);
  }
}

/** A failure that says nothing about the next attempt. */
function failure(
  code: 'CALLBACK_FAILED' | 'CONNECTION_LOST' | 'HEADERS_TIMEOUT' | 'SILENT',
  message: string,
  cause?: unknown,
): EventStreamError {
  return new EventStreamError(code, message, { cause, retryable: true });
}
