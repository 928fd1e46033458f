import type { ResetReason } from '../../event/reset-reason.js';
import type { Offset } from '../../event/event-record.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { SubscriberContext } from '../binding/subscriber-context.js';
import type { BusStreamOptions } from '../bus-stream-options.js';
import type { BusContext } from '../fan-out/bus-context.js';
import { LogReplay, type ReplayListener } from './log-replay.js';
import { SnapshotRun, type SnapshotEnd } from './snapshot.js';
import type { HistoryOwner, TopicHistory } from './topic-history.js';

/** A stream that is not live yet, or not at the moment. */
export interface CatchingUp extends ReplayListener {
  readonly binding: ConnectionPort;
  readonly options: BusStreamOptions<never>;
  /** Its snapshot has been sent to the end. */
  onSnapshotSent(end: SnapshotEnd): void;
}

const NONE: readonly TopicHistory[] = Object.freeze([]);

/** What a stream still sends before it is live: the snapshot, the histories of topics, and what it has missed itself. */
export class CatchUp implements HistoryOwner {
  /** A snapshot that has not been sent to its end. */
  owesSnapshot = false;
  #histories = NONE;
  #snapshot: SnapshotRun | undefined;
  #reading: LogReplay | undefined;

  constructor(
    private readonly bus: BusContext,
    private readonly stream: CatchingUp,
    private readonly context: SubscriberContext,
  ) {}

  get isOn(): boolean {
    return this.#reading !== undefined || this.#snapshot !== undefined;
  }

  get position(): Offset {
    return this.stream.position;
  }

  /** What is read before the stream goes on at its own place. */
  set histories(histories: readonly TopicHistory[]) {
    for (const history of histories) history.owner = this;
    this.#histories = histories;
  }

  /** Sends what is owed next; goes on by itself until the stream has caught up. */
  run(): void {
    if (this.owesSnapshot) {
      void this.#sendSnapshot();
      return;
    }
    const { bus, stream } = this;
    const reader = this.#histories[0] ?? stream;
    this.#reading = new LogReplay(bus, stream.binding, reader);
    this.#reading.run();
  }

  stop(): void {
    this.#snapshot?.stop();
    this.#snapshot = undefined;
    this.#reading?.stop();
    this.#reading = undefined;
  }

  /** The stream begins anew: what its topics had before comes too late. */
  giveUpHistories(reason: ResetReason): void {
    const histories = this.#histories;
    this.#histories = NONE;
    for (const history of histories) history.giveUp(reason);
  }

  onHistoryRead(history: TopicHistory): void {
    this.#histories = this.#histories.filter((one) => one !== history);
    this.run();
  }

  onReadError(error: unknown): void {
    this.stream.onReadError(error);
  }

  async #sendSnapshot(): Promise<void> {
    const { bus, stream, context } = this;
    const { selector, binding, options } = stream;
    const snapshot = new SnapshotRun(bus, selector, binding, context);
    this.#snapshot = snapshot;
    try {
      const end = await snapshot.send(options.snapshot!);
      if (this.#snapshot !== snapshot) return;
      this.#snapshot = undefined;
      this.owesSnapshot = false;
      stream.onSnapshotSent(end);
      this.run();
    } catch (error) {
      if (this.#snapshot === snapshot) stream.onReadError(error);
    }
  }
}
