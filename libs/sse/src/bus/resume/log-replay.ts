import type { EventRecord, Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import type { ReadResult } from '../../log/event-log.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { BusContext } from '../fan-out/bus-context.js';

/** Records per read of the log: enough to fill a write, few enough to stay fair. */
const READ_LIMIT = 256;

/** How long one client may read on while everybody else waits, in milliseconds. */
const MAX_TURN_MS = 10;

/** Who reads. Each call may stop the reading. */
export interface ReplayListener {
  /** Where it stands in the log. */
  readonly position: Offset;
  readonly readSelector: TopicSelector;
  onRecord(record: EventRecord): void;
  /** Everything up to here was looked at. */
  onRead(through: Offset): void;
  /** Records that it should have got are gone. */
  onTruncated(): void;
  /** It stands where the tail stands; nothing more is read. */
  onCaughtUp(): void;
  onReadError(error: unknown): void;
}

/** One way through the log, from where a stream stands to the tail, no faster than its client takes it. */
export class LogReplay {
  #isStopped = false;

  constructor(
    private readonly bus: BusContext,
    private readonly binding: ConnectionPort,
    private readonly reader: ReplayListener,
  ) {}

  /** Reads on until nothing is left, the client is congested, or it is stopped. */
  run(): void {
    const { bus, binding, reader } = this;
    const { tail } = bus;
    const startedAt = performance.now();
    while (!this.#isStopped) {
      const { position } = reader;
      if (!binding.isWritable) {
        binding.whenWritable(() => this.run());
        return;
      }
      if (position > tail.offset) {
        tail.whenReached(position, () => this.run());
        return;
      }
      if (position === tail.offset) {
        this.stop();
        reader.onCaughtUp();
        return;
      }
      // Reads that find nothing for this client fill no buffer that would make it wait.
      if (performance.now() - startedAt > MAX_TURN_MS) {
        setImmediate(() => this.run());
        return;
      }
      const result = this.#read();
      if (result instanceof Promise) {
        this.#await(result);
        return;
      }
      this.#take(result);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  #read(): ReadResult | Promise<ReadResult> {
    const { log, tail } = this.bus;
    try {
      return log.read({
        after: this.reader.position,
        until: tail.offset,
        selector: this.reader.readSelector,
        limit: READ_LIMIT,
      });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #await(reading: Promise<ReadResult>): void {
    reading.then(
      (result) => {
        this.#take(result);
        this.run();
      },
      (error: unknown) => {
        if (!this.#isStopped) this.reader.onReadError(error);
      },
    );
  }

  #take({ records, through, truncated }: ReadResult): void {
    if (this.#isStopped) return;
    const { binding, reader } = this;
    if (truncated) {
      this.stop();
      reader.onTruncated();
      return;
    }
    for (const record of records) {
      if (!binding.isWritable) return;
      reader.onRecord(record);
      if (this.#isStopped) return;
    }
    reader.onRead(through);
  }
}
