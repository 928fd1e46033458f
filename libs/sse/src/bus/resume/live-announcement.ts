import { liveFrame } from '../../event/control-event.js';
import type { Offset } from '../../event/event-record.js';
import type { BusStreamOptions } from '../bus-stream-options.js';
import type {
  ConnectionPort,
  CursorOwner,
} from '../binding/connection-port.js';

/** The `stream-live` of a stream: told once when it has caught up, and again after each reset (R1). */
export class LiveAnnouncement {
  #isMade = false;
  #replayed = 0;
  /** Where the client was when the stream began, or began anew after a reset. */
  #base: Offset = 0;

  constructor(
    private readonly binding: ConnectionPort,
    private readonly owner: CursorOwner,
    private readonly options: BusStreamOptions<never>,
  ) {}

  get isMade(): boolean {
    return this.#isMade;
  }

  /** The stream begins at this place. */
  begin(base: Offset): void {
    this.#isMade = false;
    this.#replayed = 0;
    this.#base = base;
  }

  /** An event was sent; what comes before the announcement was replayed. */
  count(): void {
    if (!this.#isMade) this.#replayed++;
  }

  /**
   * @param after where the stream stands
   * @param isDirect whether everything up to there is on its way to the client
   */
  make(after: Offset, isDirect: boolean): void {
    if (this.#isMade) return;
    this.#isMade = true;
    if (this.options.replay === false) {
      this.binding.sendControl(liveFrame(0, undefined));
      return;
    }
    const offset =
      isDirect || this.#replayed === 0 ? after : this.#surelySent();
    const frame = liveFrame(this.#replayed, this.owner.cursorAt(offset));
    this.binding.sendControl(frame, offset);
  }

  // Operators may still hold what was replayed: only what they let through is surely delivered.
  #surelySent(): Offset {
    const id = this.binding.lastSentId;
    const sent = id === undefined ? undefined : this.owner.offsetOf(id);
    return Math.max(this.#base, sent ?? this.#base);
  }
}
