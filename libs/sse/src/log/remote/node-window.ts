import type { EventRecord, Offset } from '../../event/event-record.js';
import type { ReadQuery, ReadResult } from '../event-log.js';
import type { TopicChanges, TopicEnds } from '../topic-ends.js';
import type { WindowState } from '../window-state.js';
import { LogWindow } from '../window/log-window.js';

/** How much of the log a node keeps at hand. */
export interface WindowBounds {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** No longer than the log itself. By this node's clock: where that is wrong, the engine is asked more often. */
  readonly maxAgeMs: number | false;
}

/**
 * The newest part of a log that an engine keeps, without gaps: everything behind `from`, up to `head`. Clients that
 * come back soon are served from here, and the engine hears nothing of them.
 */
export class NodeWindow {
  #window!: LogWindow;
  #from: Offset = 0;
  #head: Offset = 0;
  #evicted = 0;
  #appended = 0;

  constructor(private readonly bounds: WindowBounds) {
    this.restart(0);
  }

  /** Everything behind this place is in the window. */
  get from(): Offset {
    return this.#from;
  }

  /** The place up to which the log was followed. */
  get head(): Offset {
    return this.#head;
  }

  /** How many records were appended since it began. */
  get appended(): number {
    return this.#appended;
  }

  get length(): number {
    return this.#appended - this.#evicted;
  }

  /** Whether older records had to go for newer ones. */
  get isFull(): boolean {
    return this.#evicted > 0;
  }

  /** The topics that have ended, as far as the window was told. */
  get ends(): readonly TopicChanges[] {
    return this.#window.ends.known();
  }

  get state(): WindowState {
    return this.#window.state;
  }

  /**
   * Empties the window: the log goes on behind this place.
   * @param ends the topics that have ended before
   */
  restart(at: Offset, ends?: TopicEnds): void {
    this.#from = this.#head = at;
    this.#evicted = this.#appended = 0;
    const retention = { ...this.bounds, perPattern: {} };
    const onEvict = ({ order }: EventRecord): void => {
      this.#from = order;
      this.#evicted++;
    };
    this.#window = new LogWindow(retention, onEvict, ends);
  }

  /** Takes what follows, durable and transient, which is everything up to `through`. */
  append(records: readonly EventRecord[], through: Offset): void {
    for (const record of records) {
      if (record.offset === undefined) continue;
      this.#window.append(record);
      this.#appended++;
    }
    this.#head = through;
  }

  /** Whether a range lies in the window. */
  covers(after: Offset, until: Offset): boolean {
    return after >= this.#from && until <= this.#head;
  }

  /** Whether the log has a record at this place, or the window begins or ends there; it must reach that far. */
  has(offset: Offset): boolean {
    return (
      offset === this.#from || offset === this.#head || this.#window.has(offset)
    );
  }

  /** Reads a range that lies in the window. */
  read(query: ReadQuery): ReadResult {
    return this.#window.read(query);
  }
}
