import { EventStreamError } from './event-stream-error.js';
import type { EventStreamOptions } from './event-stream-options.js';

/** The latest id of a stream, and on request its copy in a store. */
export class StoredCursor {
  /** Empty where there is none. */
  value: string;
  #stored: string | undefined;
  #isLoaded: boolean;

  constructor(
    private readonly url: string,
    private readonly options: EventStreamOptions,
    private readonly onFailure: (error: EventStreamError) => void,
  ) {
    const { lastEventId, persist } = options;
    this.value = lastEventId ?? '';
    this.#isLoaded = lastEventId !== undefined || !persist;
  }

  /** Takes the stored cursor, the first time. */
  async load(): Promise<string> {
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      await this.#use(async (store, key) => {
        this.value = this.#stored = (await store.getItem(key)) ?? '';
      });
    }
    return this.value;
  }

  /** Stores the cursor if it has moved. To be called once the events up to it are handled. */
  save(): void {
    const { value } = this;
    if (value === this.#stored) return;
    this.#stored = value;
    void this.#use((store, key) => store.setItem(key, value));
  }

  async #use(
    action: (
      store: NonNullable<EventStreamOptions['persist']>,
      key: string,
    ) => unknown,
  ): Promise<void> {
    const { persist, persistKey = `event-stream:${this.url}` } = this.options;
    try {
      if (persist) await action(persist, persistKey);
    } catch (cause) {
      this.onFailure(
        new EventStreamError('STORE_FAILED', 'persist failed', { cause }),
      );
    }
  }
}
