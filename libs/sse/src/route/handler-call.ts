import { Observable } from 'rxjs';
import { runHandler } from '../bus/binding/handler-context.js';
import { discardSource } from '../connection/source/source.js';
import { startSource } from '../connection/source/start-source.js';
import type { StreamConnection } from '../connection/stream-connection.js';

/** One call of a stream route's handler. */
export interface HandlerCall {
  /** Calls the handler; what it gives back is what Nest gets to see. */
  call(handler: () => unknown): unknown;
}

/** The usual case: the source never enters Nest's pipeline, which is over before the stream begins. */
export class DirectCall implements HandlerCall {
  #result: { readonly source: unknown } | undefined;

  constructor(private readonly connection: StreamConnection) {}

  /** What the handler returned; undefined if it was not called. */
  get result(): { readonly source: unknown } | undefined {
    return this.#result;
  }

  call(handler: () => unknown): unknown {
    return settle(runHandler(this.connection.binding, handler), (source) => {
      this.#result = { source };
      return undefined;
    });
  }
}

/**
 * With interceptors of the user's own on the method: they see every value, so that the source passes
 * through Nest's pipeline, which then lives as long as the stream.
 */
export class PipelinedCall implements HandlerCall {
  /**
   * @param begin called when the handler has returned
   * @param onReady called when its source is ready for the headers to leave
   */
  constructor(
    private readonly connection: StreamConnection,
    private readonly begin: () => void,
    private readonly onReady: () => void,
  ) {}

  call(handler: () => unknown): unknown {
    return settle(runHandler(this.connection.binding, handler), (source) =>
      this.#pipelined(source),
    );
  }

  #pipelined(source: unknown): Observable<unknown> {
    // Nobody subscribes any more.
    if (this.connection.isOver) discardSource(source, this.connection.route);
    return new Observable((subscriber) => {
      this.begin();
      let stop: (() => void) | undefined;
      startSource(source, this.connection.binding, subscriber, false).then(
        (started) => {
          if (subscriber.closed) started();
          else stop = started;
          this.onReady();
        },
        (error: unknown) => subscriber.error(error),
      );
      return () => stop?.();
    });
  }
}

function settle<R>(
  result: unknown,
  accept: (value: unknown) => R,
): R | Promise<R> {
  return result instanceof Promise ? result.then(accept) : accept(result);
}
