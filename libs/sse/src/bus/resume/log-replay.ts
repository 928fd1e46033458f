import type { EventRecord, Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import type { ReadResult } from '../../log/event-log.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { BusContext } from '../fan-out/bus-context.js';
import type { SteppedReader } from './read-scheduler.js';

/** Records per read of the log: enough to fill a write, few enough to stay fair. */
const READ_LIMIT = 256;

/** Who reads. Each call may stop the reading. */
export interface ReplayListener {
  /** Where it stands in the log. */
  readonly position: Offset;
  /** Where it will have read all: mostly where the tail stands. */
  readonly end: Offset;
  /** What it is subscribed to. */
  readonly selector: TopicSelector;
  /** What it reads of the log; asked for once. */
  readonly readSelector: TopicSelector;
  onRecord(record: EventRecord): void;
  /** Everything up to here was looked at. */
  onRead(through: Offset): void;
  /** Records that it should have got are gone. */
  onTruncated(): void;
  /** It stands at its end; nothing more is read. */
  onCaughtUp(): void;
  onReadError(error: unknown): void;
}

/** One way through the log, from where a stream stands to its end, no faster than its client takes it. */
export class LogReplay implements SteppedReader {
  #isStopped = false;
  /** What the log answered later, not taken yet. */
  #answer: ReadResult | undefined;
  /** One object for all reads, by which a log recognises what it has worked out for them. */
  #selector: TopicSelector | undefined;

  constructor(
    private readonly bus: BusContext,
    private readonly binding: ConnectionPort,
    private readonly reader: ReplayListener,
  ) {}

  /** Reads on until nothing is left, the client is congested, or it is stopped. */
  run(): void {
    const isCaughtUp = this.reader.position >= this.reader.end;
    // Who has nothing to read does not wait for those who have.
    if (isCaughtUp && this.#answer === undefined) this.step();
    else this.bus.reads.run(this);
  }

  step(): boolean {
    try {
      return this.#step();
    } catch (error) {
      // Above is only the event loop: other readers would be stopped by it.
      this.stop();
      this.reader.onReadError(error);
      return false;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#answer = undefined;
  }

  #step(): boolean {
    const { binding, reader } = this;
    const { tail } = this.bus;
    if (this.#isStopped) return false;
    const { position, end } = reader;
    if (!binding.isWritable) {
      binding.whenWritable(() => this.run());
      return false;
    }
    const place = Math.max(position, end);
    if (place > tail.offset) {
      tail.whenReached(place, () => this.run());
      return false;
    }
    if (position >= end) {
      this.stop();
      reader.onCaughtUp();
      return false;
    }
    const result = this.#answer ?? this.#read();
    this.#answer = undefined;
    if (result instanceof Promise) {
      this.#await(result);
      return false;
    }
    this.#take(result);
    return !this.#isStopped;
  }

  #read(): ReadResult | Promise<ReadResult> {
    const { log } = this.bus;
    const selector = (this.#selector ??= this.reader.readSelector);
    return log.read({
      after: this.reader.position,
      until: this.reader.end,
      selector,
      // A read of many topics has to find its place in each of them.
      limit: Math.max(READ_LIMIT, this.reader.selector.topics.length),
    });
  }

  #await(reading: Promise<ReadResult>): void {
    reading.then(
      (result) => {
        if (this.#isStopped) return;
        this.#answer = result;
        this.run();
      },
      (error: unknown) => {
        if (!this.#isStopped) this.reader.onReadError(error);
      },
    );
  }

  #take({ records, through, truncated }: ReadResult): void {
    const { binding, reader } = this;
    if (truncated) {
      this.stop();
      reader.onTruncated();
      return;
    }
    for (const [index, record] of records.entries()) {
      if (this.bus.reads.isOver && index > 0) {
        this.#answer = { records: records.slice(index), through, truncated };
        return;
      }
      // By then the rest may be gone from the log, which only a new read can tell.
      if (!binding.isWritable) return;
      reader.onRecord(record);
      if (this.#isStopped) return;
    }
    reader.onRead(through);
  }
}
