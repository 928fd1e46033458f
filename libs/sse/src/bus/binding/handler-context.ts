import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConnectionPort } from './connection-port.js';

/**
 * Where code runs: in a route handler that has not returned yet (`isOpen`), or in an emission of a bus
 * stream that is bound to a connection (`isEmission`).
 */
export interface HandlerContext {
  readonly binding: ConnectionPort;
  isOpen: boolean;
  readonly isEmission: boolean;
}

const contexts = new AsyncLocalStorage<HandlerContext>();

/**
 * Runs a handler so that the bus streams it opens bind to its connection. The context closes when the
 * handler has returned or its promise has settled: what runs later in the same async context, such as an
 * inner stream of a `switchMap`, was not asked for by this handler's request and does not bind.
 */
export function runHandler<T>(binding: ConnectionPort, handler: () => T): T {
  const context: HandlerContext = { binding, isOpen: true, isEmission: false };
  const close = (): void => {
    context.isOpen = false;
  };
  let isWaiting = false;
  try {
    const result = contexts.run(context, handler);
    if (!isPromiseLike(result)) return result;
    isWaiting = true;
    // Once only: the `then` of a lazy promise, such as a query, would run it again.
    const promise = Promise.resolve(result);
    promise.then(close, close);
    return promise as T;
  } finally {
    if (!isWaiting) close();
  }
}

// Promises of other realms (Node's own, under Jest) and of other libraries included.
function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null)?.then === 'function';
}

/** The connection that a bus stream opened here and now binds to. */
export function bindingOfHandler(): ConnectionPort | undefined {
  const context = contexts.getStore();
  return context?.isOpen === true ? context.binding : undefined;
}

/** Runs what belongs to no request, although one has set it off: bus streams opened there bind to nobody. */
export function outsideOfHandler<T>(code: () => T): T {
  return contexts.exit(code);
}

/** The connection whose bound bus stream is emitting here and now. */
export function bindingOfEmission(): ConnectionPort | undefined {
  const context = contexts.getStore();
  return context?.isEmission === true ? context.binding : undefined;
}

/** Runs code as an emission of a connection's bound bus stream. */
export function runAsEmission<T>(binding: ConnectionPort, emit: () => T): T {
  return contexts.run({ binding, isOpen: false, isEmission: true }, emit);
}

let subscribing: ConnectionPort | undefined;

/**
 * Subscribes to what a handler returned, for its connection. Not an async context: a hot source that is
 * subscribed here first goes on to emit for everybody.
 */
export function runSubscription<T>(
  binding: ConnectionPort,
  subscribe: () => T,
): T {
  const before = subscribing;
  subscribing = binding;
  try {
    return subscribe();
  } finally {
    subscribing = before;
  }
}

/** The connection whose source is being subscribed here and now. */
export function bindingOfSubscription(): ConnectionPort | undefined {
  return subscribing;
}
