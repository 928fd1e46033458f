import type { Observable } from 'rxjs';
import { BusStream } from '../../bus/bus-stream.js';
import { subscribeFor } from '../../bus/binding/consumer.js';
import { runFor, runHandler } from '../../bus/binding/handler-context.js';
import type { ConnectionPort } from '../../bus/binding/connection-port.js';
import { noteOwner, refuseKept } from './kept-sources.js';
import { toSource, type PullSource } from './source.js';

/** Pulled values in a row before the event loop gets a turn. */
const PULLS_PER_TURN = 32;

/** Takes what a source gives. */
export interface SourceListener {
  next(value: unknown): void;
  complete(): void;
  error(error: unknown): void;
}

/** The connection that a source is for. */
export interface SourceHost extends ConnectionPort {
  readonly readyTimeoutMs: number;
  /** Authorises the bus streams that are bound here and checks their cursors. */
  prepare(): Promise<void>;
  /** Whether the client comes back to the end of its bus stream, so that there is nothing to start. */
  readonly wasOver: boolean;
  /** Subscribes the source anew, where it can be. */
  restartSource: (() => void) | undefined;
}

/**
 * Starts what a handler returned, and resolves once it is ready for the headers to leave.
 * @param isDirect whether a bus stream may go straight to its connection, past the listener's `next`
 * @returns how to stop it
 * @throws SseException `NOT_A_STREAM`, `FOREIGN_BUS_STREAM`, and whatever the source fails with before it
 *   is ready
 */
export async function startSource(
  value: unknown,
  host: SourceHost,
  listener: SourceListener,
  isDirect: boolean,
): Promise<() => void> {
  const source = toSource(value, host.route);
  if (source.kind === 'pull')
    return startPulling(source.source, host, listener);
  await host.prepare();
  if (host.wasOver) return noop;
  const direct =
    isDirect && value instanceof BusStream
      ? value.attachTo(host, listener)
      : undefined;
  if (direct !== undefined) return direct;
  const stop = startObservable(source.observable, host, listener);
  try {
    // Streams that were opened only now, or are bound to nobody.
    await host.prepare();
    return stop;
  } catch (error) {
    stop();
    throw error;
  }
}

function startObservable(
  observable: Observable<unknown>,
  host: SourceHost,
  listener: SourceListener,
): () => void {
  const start = (): (() => void) => subscribe(observable, host, listener);
  let stop = start();
  host.restartSource = () => {
    stop();
    try {
      stop = start();
    } catch (error) {
      stop = noop;
      listener.error(error);
    }
  };
  return () => stop();
}

/** @throws whatever the source fails with while it is subscribed */
function subscribe(
  observable: Observable<unknown>,
  host: SourceHost,
  listener: SourceListener,
): () => void {
  refuseKept(observable, host);
  let early: { readonly error: unknown } | undefined;
  let isReady = false;
  const { subscription, hasBound } = subscribeFor(host, observable, {
    next: (one) => listener.next(one),
    complete: () => listener.complete(),
    error: (error: unknown) => {
      if (isReady) listener.error(error);
      else early = { error };
    },
  });
  isReady = true;
  if (hasBound) noteOwner(observable, host);
  if (early !== undefined) throw early.error;
  return () => subscription.unsubscribe();
}

async function startPulling(
  source: PullSource,
  host: SourceHost,
  listener: SourceListener,
): Promise<() => void> {
  const state = { isOver: false };
  // A generator's body is the handler's own code: it runs on from here, and may open a bus stream first.
  const first = Promise.resolve(runHandler(host, () => source.next()));
  // Where the stream is not opened, nobody else hears of its failure.
  first.catch(noop);
  const stop = (): void => {
    if (state.isOver) return;
    state.isOver = true;
    source.return();
  };
  try {
    await settledOrLate(first, host.readyTimeoutMs);
    await host.prepare();
    if (host.wasOver) {
      stop();
      return noop;
    }
  } catch (error) {
    stop();
    throw error;
  }
  // Not awaited: the headers leave now. A failure from here on goes to the listener.
  void runFor(host, () => pull(source, first, host, listener, state));
  return stop;
}

async function pull(
  source: PullSource,
  first: Promise<IteratorResult<unknown>>,
  binding: ConnectionPort,
  listener: SourceListener,
  state: { isOver: boolean },
): Promise<void> {
  try {
    let result = await first;
    for (let count = 1; !state.isOver; count++) {
      if (result.done === true) {
        // Nothing is left to return from.
        state.isOver = true;
        listener.complete();
        return;
      }
      listener.next(result.value);
      if (count % PULLS_PER_TURN === 0 || !binding.isWritable) {
        await new Promise<void>((resolve) => binding.whenWritable(resolve));
        if (state.isOver) return;
      }
      result = await source.next();
    }
  } catch (error) {
    if (state.isOver) return;
    state.isOver = true;
    listener.error(error);
  }
}

/** Waits for a promise, but not longer than this. */
async function settledOrLate(
  promise: Promise<unknown>,
  ms: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function noop(): void {}
