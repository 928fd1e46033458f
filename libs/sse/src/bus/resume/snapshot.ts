import { isObservable, type Observable } from 'rxjs';
import type { ConnectionPort } from '../binding/connection-port.js';
import { subscribeFor } from '../binding/consumer.js';
import type { BusStreamOptions, SnapshotUpTo } from '../bus-stream-options.js';
import type { SubscriberContext } from '../binding/subscriber-context.js';

type SnapshotSequence = AsyncIterable<unknown> | Iterator<unknown>;

/** Sends a snapshot in its subscriber's context, and lets go of it when the stream is over before. */
export class SnapshotRun {
  #isStopped = false;
  #release: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly binding: ConnectionPort,
    private readonly context: SubscriberContext,
  ) {}

  /** @returns the id up to where the snapshot goes, if it says so */
  send(
    snapshot: NonNullable<BusStreamOptions['snapshot']>,
  ): Promise<string | undefined> {
    // All of it in that context: a generator's body runs only when it is pulled.
    return this.context.run(() => this.#send(snapshot));
  }

  stop(): void {
    this.#isStopped = true;
    this.#release?.();
    this.#wake?.();
  }

  async #send(
    snapshot: NonNullable<BusStreamOptions['snapshot']>,
  ): Promise<string | undefined> {
    const value: unknown = await snapshot();
    // A snapshot that has nothing to say is none.
    if (this.#isStopped || value === undefined) return undefined;
    if (isUpTo(value)) {
      this.binding.sendValue({ data: value.data });
      return value.after;
    }
    if (isObservable(value)) await this.#sendObservable(value);
    else if (isSequence(value)) await this.#sendSequence(value);
    else this.binding.sendValue(value);
    return undefined;
  }

  #sendObservable(values: Observable<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const { subscription } = subscribeFor(this.binding, values, {
        next: (value) => {
          try {
            this.binding.sendValue(value);
          } catch (error) {
            reject(error as Error);
            this.#release?.();
          }
        },
        error: reject,
        complete: () => resolve(),
      });
      this.#release = () => subscription.unsubscribe();
      if (this.#isStopped) this.#release();
    });
  }

  async #sendSequence(values: SnapshotSequence): Promise<void> {
    const iterator =
      Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values;
    const release = (): void => {
      // A generator that is still waiting takes the call after it; nobody is left to hear of its end.
      void (async () => iterator.return?.())().catch(() => undefined);
    };
    this.#release = release;
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true || this.#isStopped) return;
        this.binding.sendValue(value);
        if (!this.binding.isWritable) await this.#whenWritable();
      }
    } finally {
      release();
    }
  }

  #whenWritable(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.binding.whenWritable(resolve);
    });
  }
}

function isUpTo(value: unknown): value is SnapshotUpTo {
  if (typeof value !== 'object' || value === null) return false;
  if (!('data' in value && 'after' in value)) return false;
  const { after } = value;
  return (
    (typeof after === 'string' || after === undefined) &&
    Object.keys(value).length === 2
  );
}

// Iterators, not collections: an array, a Map or a Set is one value.
function isSequence(value: unknown): value is SnapshotSequence {
  if (typeof value !== 'object' || value === null) return false;
  if (Symbol.asyncIterator in value) return true;
  return (
    Symbol.iterator in value &&
    typeof (value as { next?: unknown }).next === 'function'
  );
}
