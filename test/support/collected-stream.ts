import { EventStream, type EventStreamError } from 'nestjs-event-stream-client';
import { atEnd } from './at-end.js';
import { until } from './until.js';

type Options = NonNullable<ConstructorParameters<typeof EventStream>[1]>;

/** A stream of the client package, and everything that it said. */
export class CollectedStream {
  /** Type, text and latest id of each event, in order; control events other than `stream-reset` are left out. */
  readonly events: [type: string, text: string, lastEventId: string][] = [];
  readonly states: string[] = [];
  readonly failures: EventStreamError[] = [];
  /** The waits before the next request, in milliseconds. */
  readonly waits: number[] = [];
  /** What code that knows EventSource sees: `open` and `error`, and the readyState at the time. */
  readonly signals: string[] = [];
  readonly stream: EventStream;

  constructor(url: string, options: Options = {}) {
    const stream = new EventStream(url, { raw: true, ...options });
    this.stream = stream;
    atEnd(`the stream of ${url}`, () => stream.close());
    stream.onAny(({ type, text, lastEventId }) =>
      this.events.push([type, text, lastEventId]),
    );
    stream.onState((state) => {
      this.states.push(state.name);
      if (state.name === 'waiting' && state.retryInMs !== undefined)
        this.waits.push(state.retryInMs);
    });
    stream.onFailure((error) => this.failures.push(error));
    for (const type of ['open', 'error'])
      stream.addEventListener(type, () =>
        this.signals.push(`${type} ${stream.readyState}`),
      );
  }

  get texts(): string[] {
    return this.events.map(([, text]) => text);
  }

  get codes(): string[] {
    return this.failures.map(({ code }) => code);
  }

  async untilState(name: string): Promise<void> {
    await until(
      () => this.stream.state.name === name,
      `state ${name}, not ${this.stream.state.name}`,
    );
  }

  async untilClosed(): Promise<this> {
    await this.untilState('closed');
    return this;
  }

  async untilEvents(count: number): Promise<void> {
    await until(() => this.events.length >= count, `${count} events`);
  }

  async untilFailures(count: number): Promise<void> {
    await until(() => this.failures.length >= count, `${count} failures`);
  }
}

/** Makes streams that are closed with the test. */
export class StreamCollector {
  readonly #streams = new Set<CollectedStream>();

  open(url: string, options?: Options): CollectedStream {
    const collected = new CollectedStream(url, options);
    this.#streams.add(collected);
    return collected;
  }

  closeAll(): void {
    for (const { stream } of this.#streams) stream.close();
    this.#streams.clear();
  }
}
