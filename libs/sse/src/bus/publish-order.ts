import type { AppendResult, EventLog, LogEntry } from '../log/event-log.js';

/** Hands entries to the log in the order of the calls, although some have to wait for a validator (B1). */
export class PublishOrder {
  /** The last publish that waits for a validator: later ones go behind it, so that call order holds. */
  #validating: Promise<unknown> | undefined;

  constructor(private readonly log: EventLog) {}

  // No await before the append unless a validator waits: the call order is the log's order.
  append(
    entries: readonly (LogEntry | Promise<LogEntry>)[],
  ): Promise<readonly AppendResult[]> {
    const { log } = this;
    const before = this.#validating;
    if (
      before === undefined &&
      !entries.some((entry) => entry instanceof Promise)
    ) {
      return log.append(entries as readonly LogEntry[]);
    }
    const validated = Promise.all(entries);
    validated.catch(noop);
    // The next one waits until this one is handed to the log, not until the log has answered.
    const handedOver = (async () => {
      await before;
      const appended = log.append(await validated);
      appended.catch(noop);
      return { appended };
    })();
    const settled = handedOver.then(noop, noop).then(() => {
      if (this.#validating === settled) this.#validating = undefined;
    });
    this.#validating = settled;
    return handedOver.then(({ appended }) => appended);
  }
}

function noop(): void {}
