import { setTimeout as delay } from 'node:timers/promises';
import type { EventBusService } from '../bus/event-bus.service.js';
import { SseException } from '../base/exception.js';
import { toJson } from '../event/json.js';
import { messageOf } from '../event/message-form.js';
import type { CoalesceOptions, RunSettings } from './run-options.js';
import type { StoredRun } from './run-state.js';

/** Appends that may be under way before the producer has to wait. */
const MAX_IN_FLIGHT = 32;

/** How often an append whose outcome is unknown is made again; its message ids keep it from doubling. */
const MAX_ATTEMPTS = 8;

interface Item {
  readonly event: unknown;
  readonly messageId: string;
}

/** Appends a run's events to its topic in their order, each once, several in one go if they may wait. */
export class RunAppender {
  #count = 0;
  #bytes = 0;
  #waiting: Item[] = [];
  #inFlight = 0;
  /** The appends so far, one behind the other. */
  #tail: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(
    private readonly bus: EventBusService,
    private readonly run: StoredRun,
    private readonly limits: RunSettings['limits'],
    private readonly coalesce: CoalesceOptions | undefined,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @throws SseException `RUN_LIMIT`, `UNSERIALIZABLE_DATA`, `INVALID_MESSAGE` */
  add(event: unknown): void {
    const number = ++this.#count;
    this.#checkLimits(event);
    const messageId = `${this.run.topic.slice(1)}:${number}`;
    this.#waiting.push({ event, messageId });
    const { coalesce } = this;
    if (
      coalesce === undefined ||
      this.#waiting.length >= (coalesce.maxEvents ?? 64)
    )
      this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), coalesce.maxWaitMs);
  }

  /** Resolves when the producer may go on. */
  async whenWritable(): Promise<void> {
    if (this.#inFlight < MAX_IN_FLIGHT) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Resolves once all events are in the log. */
  async flush(): Promise<void> {
    this.#send();
    await this.#tail;
  }

  #checkLimits(event: unknown): void {
    const { maxEvents, maxBytes } = this.limits;
    if (this.#count > maxEvents)
      throw new SseException(
        'RUN_LIMIT',
        `The run gave more than ${maxEvents} events (maxEvents).`,
      );
    const data: unknown = messageOf(event)?.data ?? event;
    this.#bytes += Buffer.byteLength(
      typeof data === 'string' ? data : toJson(data),
    );
    if (this.#bytes > maxBytes)
      throw new SseException(
        'RUN_LIMIT',
        `The run gave more than ${maxBytes} bytes (maxBytes).`,
      );
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const items = this.#waiting;
    if (items.length === 0) return;
    this.#waiting = [];
    this.#inFlight++;
    const before = this.#tail;
    this.#tail = this.#appendAfter(before, items);
    // Whoever flushes hears of it as well; nobody may be waiting yet.
    this.#tail.catch((error: unknown) => this.onError(error));
  }

  async #appendAfter(
    before: Promise<void>,
    items: readonly Item[],
  ): Promise<void> {
    try {
      await before;
      await this.#append(items);
    } finally {
      this.#inFlight--;
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    }
  }

  async #append(items: readonly Item[]): Promise<void> {
    const { topic } = this.run;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.bus.appendReserved(
          items.map(({ event, messageId }) => ({ topic, event, messageId })),
        );
        return;
      } catch (error) {
        const isUnknown =
          error instanceof SseException &&
          (error.code === 'PUBLISH_UNKNOWN' ||
            error.code === 'PUBLISH_REJECTED');
        if (!isUnknown || attempt === MAX_ATTEMPTS) throw error;
        await delay(50 * 2 ** attempt * Math.random());
      }
    }
  }
}
