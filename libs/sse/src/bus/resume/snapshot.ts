import { isObservable, type Observable } from 'rxjs';
import type { ResetReason } from '../../event/reset-reason.js';
import { parseEventId } from '../../event/event-id.js';
import type { Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import { SelectorWithEnds } from '../../log/control-topic.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import { subscribeFor } from '../binding/consumer.js';
import type { BusStreamOptions, SnapshotUpTo } from '../bus-stream-options.js';
import type { SubscriberContext } from '../binding/subscriber-context.js';
import type { BusContext } from '../fan-out/bus-context.js';

/** How often a snapshot is asked for that says it goes up to a place which the log cannot serve. */
const MAX_ATTEMPTS = 3;

/** An epoch is random and longer than this; what stands before the dot of a version or a price is not. */
const MIN_EPOCH_LENGTH = 6;

type SnapshotFunction = NonNullable<BusStreamOptions['snapshot']>;

type SnapshotSequence = AsyncIterable<unknown> | Iterator<unknown>;

/** Where a stream goes on after its snapshot. */
export interface SnapshotEnd {
  /** The place up to where the snapshot goes, if it says so. */
  readonly after?: Offset;
  /** Events after the snapshot are gone: the client has to be told before it gets later ones. */
  readonly gap?: ResetReason;
}

const FROM_ITS_START: SnapshotEnd = {};

/** Sends a snapshot in its subscriber's context, and lets go of it when the stream is over before. */
export class SnapshotRun {
  #isStopped = false;
  #release: (() => void) | undefined;
  #wake: (() => void) | undefined;

  /** @param selector the topics that are read after the snapshot */
  constructor(
    private readonly bus: BusContext,
    private readonly selector: TopicSelector,
    private readonly binding: ConnectionPort,
    private readonly context: SubscriberContext,
  ) {}

  send(snapshot: SnapshotFunction): Promise<SnapshotEnd> {
    // All of it in that context: a generator's body runs only when it is pulled.
    return this.context.run(() => this.#send(snapshot));
  }

  stop(): void {
    this.#isStopped = true;
    this.#release?.();
    this.#wake?.();
  }

  async #send(snapshot: SnapshotFunction): Promise<SnapshotEnd> {
    for (let attempt = 1; ; attempt++) {
      const value: unknown = await snapshot();
      // A snapshot that has nothing to say is none.
      if (this.#isStopped || value === undefined) return FROM_ITS_START;
      if (!isUpTo(value, this.bus.tail.epoch)) return this.#sendAll(value);
      const end = await this.#endOf(value.after);
      if (this.#isStopped) return FROM_ITS_START;
      // A newer one may reach to where the log still goes.
      if (end.gap !== undefined && attempt < MAX_ATTEMPTS) continue;
      this.binding.sendSnapshot({ data: value.data });
      return end;
    }
  }

  async #endOf(after: string | undefined): Promise<SnapshotEnd> {
    const cursor = after === undefined ? undefined : parseEventId(after);
    if (cursor === undefined) return FROM_ITS_START;
    const check = await this.bus.log.check(
      cursor,
      new SelectorWithEnds(this.selector),
    );
    return check.state === 'complete'
      ? { after: check.offset }
      : { gap: check.state };
  }

  async #sendAll(value: unknown): Promise<SnapshotEnd> {
    if (isObservable(value)) await this.#sendObservable(value);
    else if (isSequence(value)) await this.#sendSequence(value);
    else this.binding.sendSnapshot(value);
    return FROM_ITS_START;
  }

  #sendObservable(values: Observable<unknown>): Promise<void> {
    return new Promise((resolve, reject) => {
      const { subscription } = subscribeFor(this.binding, values, {
        next: (value) => {
          try {
            this.binding.sendSnapshot(value);
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
        this.binding.sendSnapshot(value);
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

/**
 * Whether a snapshot says up to where it goes. Only with an id in the form of the log's own, or with none yet: a
 * stored object that happens to have the same two fields is data.
 */
function isUpTo(value: unknown, epoch: string): value is SnapshotUpTo {
  if (typeof value !== 'object' || value === null) return false;
  if (!('data' in value && 'after' in value)) return false;
  if (Object.keys(value).length !== 2) return false;
  const { after } = value;
  if (typeof after !== 'string') return after === undefined;
  const cursor = parseEventId(after);
  if (cursor === undefined || !/^\d+$/.test(cursor.offset)) return false;
  return cursor.epoch === epoch || cursor.epoch.length >= MIN_EPOCH_LENGTH;
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
