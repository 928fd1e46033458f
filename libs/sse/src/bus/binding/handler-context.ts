import { AsyncLocalStorage } from 'node:async_hooks';
import type { ConnectionPort } from './connection-port.js';

/** For which connection code runs; `isOpen` in its route handler as long as that has not returned. */
export interface HandlerContext {
  readonly binding: ConnectionPort;
  isOpen: boolean;
}

const contexts = new AsyncLocalStorage<HandlerContext>();

/**
 * Runs a handler so that the bus streams it opens bind to its connection. The context closes when the
 * handler has returned or its promise has settled: what runs later in the same async context, such as an
 * inner stream of a `switchMap`, was not asked for by this handler's request and does not bind.
 */
export function runHandler<T>(binding: ConnectionPort, handler: () => T): T {
  const context: HandlerContext = { binding, isOpen: true };
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

/** Runs what belongs to a connection: the emissions of its bus streams, and what its source does. */
export function runFor<T>(binding: ConnectionPort, code: () => T): T {
  return contexts.run({ binding, isOpen: false }, code);
}

/**
 * The connection that code runs for; undefined in the server's own, and where the context was lost. A hint
 * only: a timer or a subject that one connection set off goes on in its context for everybody.
 */
export function currentBinding(): ConnectionPort | undefined {
  return contexts.getStore()?.binding;
}
