import type { AppendResult, EventLog, LogEntry } from '../../log/event-log.js';

/**
 * Hands entries to the log in the order of the calls, although some have to wait for a validator (B1). What
 * is still waiting when the turn of the event loop is over holds back its own topics only: a validator that
 * asks a database must not stop the rest of the process.
 */
export class PublishOrder {
  /** For each topic the last publish that is not handed to the log yet: the next one goes behind it. */
  readonly #byTopic = new Map<string, Promise<void>>();
  /** The last publish of this turn that waits, until it is handed over or the turn is over. */
  #inTurn: Promise<void> | undefined;

  constructor(private readonly log: EventLog) {}

  // No await before the append unless a validator waits: the call order is the log's order.
  append(
    entries: readonly (LogEntry | Promise<LogEntry>)[],
    topics: readonly string[],
  ): Promise<readonly AppendResult[]> {
    const { log } = this;
    const before = this.#before(topics);
    if (
      before.length === 0 &&
      !entries.some((entry) => entry instanceof Promise)
    ) {
      return log.append(entries as readonly LogEntry[]);
    }
    const validated = Promise.all(entries);
    validated.catch(noop);
    // The next one waits until this one is handed to the log, not until the log has answered.
    const handedOver = (async () => {
      await Promise.all(before);
      const appended = log.append(await validated);
      appended.catch(noop);
      return { appended };
    })();
    this.#holdBack(topics, handedOver.then(noop, noop));
    return handedOver.then(({ appended }) => appended);
  }

  #before(topics: readonly string[]): readonly Promise<void>[] {
    if (this.#byTopic.size === 0) return [];
    const before = new Set<Promise<void>>();
    if (this.#inTurn !== undefined) before.add(this.#inTurn);
    for (const topic of topics) {
      const last = this.#byTopic.get(topic);
      if (last !== undefined) before.add(last);
    }
    return [...before];
  }

  #holdBack(topics: readonly string[], handedOver: Promise<void>): void {
    for (const topic of topics) this.#byTopic.set(topic, handedOver);
    void handedOver.then(() => {
      for (const topic of topics) {
        if (this.#byTopic.get(topic) === handedOver)
          this.#byTopic.delete(topic);
      }
    });
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    const inTurn = Promise.race([handedOver, turn]);
    this.#inTurn = inTurn;
    void inTurn.then(() => {
      if (this.#inTurn === inTurn) this.#inTurn = undefined;
    });
  }
}

function noop(): void {}
