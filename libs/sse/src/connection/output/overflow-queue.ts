import type { Frame } from '../../event/frame.js';
import type { StreamSettings } from '../stream-settings.js';

/** What a congested client has not been sent yet, of a source that cannot be paused. */
export class OverflowQueue {
  /** In the order of sending; by key where a later event replaces an earlier one, else by a key of its own. */
  readonly #frames = new Map<unknown, Frame>();
  readonly #protected = new Set<Frame>();
  #bytes = 0;

  constructor(
    private readonly settings: Pick<
      StreamSettings,
      'maxBufferedBytes' | 'policy'
    >,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether more waits than may. */
  get isOverfull(): boolean {
    return this.#bytes > this.settings.maxBufferedBytes;
  }

  /** @param key undefined for what must neither be replaced nor dropped, such as control events */
  push(frame: Frame, key: string | undefined): void {
    const isReplaceable = this.settings.policy === 'latest';
    const slot = isReplaceable && key !== undefined ? key : Symbol('frame');
    const replaced = this.#frames.get(slot);
    if (replaced !== undefined) {
      // To the end, where it would have come: ids must not go backwards.
      this.#frames.delete(slot);
      this.#bytes -= replaced.size;
    }
    if (key === undefined) this.#protected.add(frame);
    this.#frames.set(slot, frame);
    this.#bytes += frame.size;
  }

  /**
   * Applies the policy.
   * @returns false if the client has to go
   */
  trim(): boolean {
    if (this.isOverfull && this.settings.policy === 'drop-oldest') {
      for (const [slot, frame] of this.#frames) {
        if (!this.isOverfull) break;
        if (this.#protected.has(frame)) continue;
        this.#frames.delete(slot);
        this.#bytes -= frame.size;
      }
    }
    return !this.isOverfull;
  }

  /** Takes everything out, in order. */
  drain(): Frame[] {
    const frames = [...this.#frames.values()];
    this.#frames.clear();
    this.#protected.clear();
    this.#bytes = 0;
    return frames;
  }
}
