import type { AppendResult, LogEntry } from '../event-log.js';
import { encodeEntry } from '../record-codec.js';
import type { RedisKeys } from './redis-keys.js';

/** Entries that are appended together or not at all, and whoever waits for it. */
export class PublishJob {
  readonly characters: number;
  /** Whether doing it again does nothing that was done before. */
  readonly isRepeatable: boolean;
  /** It was sent once, and nobody knows what became of it. */
  mayBeThere = false;
  #isSettled = false;
  #onSettled: (() => void) | undefined;

  constructor(
    readonly entries: readonly LogEntry[],
    /** In the time of `performance.now()`. */
    readonly deadline: number,
    private readonly onResult: (results: readonly AppendResult[]) => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.characters = entries.reduce((sum, { json }) => sum + json.length, 0);
    this.isRepeatable = entries.every(
      ({ messageId }) => messageId !== undefined,
    );
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Waits until the caller has its answer, whatever it is. */
  whenSettled(): Promise<void> {
    return this.#isSettled
      ? Promise.resolve()
      : new Promise((resolve) => (this.#onSettled = resolve));
  }

  /** Adds what the script needs to append it. */
  writeTo(args: string[], names: string[], keys: RedisKeys): void {
    for (const entry of this.entries) {
      const { messageId } = entry;
      const key =
        messageId === undefined ? 0 : names.push(keys.message(messageId));
      const fields = encodeEntry(entry);
      args.push(String(key), String(fields.length), ...fields);
    }
  }

  resolve(results: readonly AppendResult[]): void {
    if (this.#settle()) this.onResult(results);
  }

  reject(error: Error): void {
    if (this.#settle()) this.onError(error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#onSettled?.();
    return true;
  }
}
