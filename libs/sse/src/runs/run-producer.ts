import type { EventBusService } from '../bus/event-bus.service.js';
import { SseException } from '../base/exception.js';
import { RunAppender } from './run-appender.js';
import type { CoalesceOptions, RunSettings } from './run-options.js';
import type { RunEnd, StoredRun } from './run-state.js';
import { runErrorOf } from './run-error.js';
import { toSource, type PullSource } from '../connection/source/source.js';

/** What a producer is given. */
export interface RunContext {
  /** Aborted when the run is stopped, or over one of its limits: pass it on to the model or the database. */
  readonly signal: AbortSignal;
}

/**
 * Makes a run's events: gives an (async) iterable or generator, an Observable or a ReadableStream of what a stream
 * route may emit. It goes on when its clients leave.
 */
export type RunProducer = (context: RunContext) => unknown;

/** Runs one producer to its end, on this node, whoever listens. */
export class RunProduction {
  readonly #abort = new AbortController();
  readonly #appender: RunAppender;
  #end: ((end: RunEnd) => void) | undefined;
  readonly #ended = new Promise<RunEnd>((resolve) => {
    this.#end = resolve;
  });
  #release: (() => void) | undefined;

  constructor(
    bus: EventBusService,
    run: StoredRun,
    private readonly limits: RunSettings['limits'],
    coalesce: CoalesceOptions | undefined,
  ) {
    this.#appender = new RunAppender(bus, run, limits, coalesce, (error) =>
      this.#fail(error),
    );
  }

  /** Resolves with how it ended, once all of its events are in the log. */
  async run(producer: RunProducer): Promise<RunEnd> {
    const timer = setTimeout(() => {
      const { maxDurationMs } = this.limits;
      const message = `The run took longer than ${maxDurationMs} ms (maxDurationMs).`;
      this.#fail(new SseException('RUN_LIMIT', message));
    }, this.limits.maxDurationMs);
    this.#produce(producer).then(
      () => this.end({ status: 'completed' }),
      (error: unknown) => this.#fail(error),
    );
    const end = await this.#ended;
    clearTimeout(timer);
    this.#abort.abort();
    this.#letGo();
    // What was given before the end belongs to the run, however it ended.
    try {
      await this.#appender.flush();
    } catch (error) {
      return { status: 'failed', error: runErrorOf(error) };
    }
    return end;
  }

  stop(): void {
    this.end({ status: 'stopped' });
  }

  /** Ends it in this way, unless it has ended already. */
  end(end: RunEnd): void {
    this.#end?.(end);
  }

  #fail(error: unknown): void {
    // A producer whose signal was aborted mostly throws that: it was told to end.
    if (this.#abort.signal.aborted) return;
    this.end({ status: 'failed', error: runErrorOf(error) });
  }

  async #produce(producer: RunProducer): Promise<void> {
    const { signal } = this.#abort;
    const source = toSource(await producer({ signal }), 'A run');
    if (source.kind === 'pull') return this.#pull(source.source);
    await new Promise<void>((resolve, reject) => {
      const subscription = source.observable.subscribe({
        next: (value) => {
          // What is thrown in here RxJS would throw at the process.
          try {
            this.#appender.add(value);
          } catch (error) {
            reject(error as Error);
          }
        },
        error: reject,
        complete: resolve,
      });
      this.#holds(() => subscription.unsubscribe());
    });
  }

  async #pull(source: PullSource): Promise<void> {
    this.#holds(() => source.return());
    for (;;) {
      const { done, value } = await source.next();
      if (this.#abort.signal.aborted) return;
      if (done === true) {
        this.#release = undefined;
        return;
      }
      this.#appender.add(value);
      await this.#appender.whenWritable();
    }
  }

  #holds(release: () => void): void {
    if (this.#abort.signal.aborted) release();
    else this.#release = release;
  }

  #letGo(): void {
    const release = this.#release;
    this.#release = undefined;
    try {
      release?.();
    } catch {
      // The producer's own clean-up failed; its run is over all the same.
    }
  }
}
