import { AsyncResource } from 'node:async_hooks';
import { runFor } from './handler-context.js';
import type { ConnectionPort } from './connection-port.js';

/**
 * The async context in which a stream was asked for: its emissions run there, so that request context
 * (AsyncLocalStorage, nestjs-cls) is the subscriber's and never the publisher's.
 */
export class SubscriberContext {
  readonly #resource: AsyncResource;

  constructor(binding?: ConnectionPort) {
    const capture = (): AsyncResource => new AsyncResource('SseStream');
    this.#resource =
      binding === undefined ? capture() : runFor(binding, capture);
  }

  run<R>(emit: () => R): R {
    return this.#resource.runInAsyncScope(emit);
  }
}
