import { Frame } from '../event/frame.js';
import type { StreamSettings } from './connection-options.js';

interface Queued {
  readonly frame: Frame;
  readonly key: string | undefined;
}

/** What a congested client has not been sent yet, of a source that cannot be paused. */
export class OverflowQueue {
  #items: (Queued | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  readonly #indexByKey = new Map<string, number>();

  constructor(
    private readonly settings: Pick<
      StreamSettings,
      'maxBufferedBytes' | 'policy'
    >,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** @param key undefined for what must not be replaced, such as control events */
  push(frame: Frame, key: string | undefined): void {
    const isKeyed = this.settings.policy === 'latest' && key !== undefined;
    const index = isKeyed ? this.#indexByKey.get(key) : undefined;
    if (index !== undefined) {
      this.#bytes += frame.size - this.#items[index]!.frame.size;
      this.#items[index] = { frame, key };
      return;
    }
    if (isKeyed) this.#indexByKey.set(key, this.#items.length);
    this.#items.push({ frame, key });
    this.#bytes += frame.size;
  }

  /**
   * Applies the policy at the end of a turn.
   * @returns false if the client has to go
   */
  trim(): boolean {
    const { maxBufferedBytes, policy } = this.settings;
    if (this.#bytes <= maxBufferedBytes) return true;
    if (policy !== 'drop-oldest') return false;
    while (this.#bytes > maxBufferedBytes) this.#shift();
    this.#compact();
    return true;
  }

  /** Takes everything out, oldest first. */
  *drain(): Generator<Frame> {
    const items = this.#items;
    const head = this.#head;
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#indexByKey.clear();
    for (let index = head; index < items.length; index++)
      yield items[index]!.frame;
  }

  #shift(): void {
    this.#bytes -= this.#items[this.#head]!.frame.size;
    this.#items[this.#head++] = undefined;
  }

  #compact(): void {
    if (this.#head < 256 || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
