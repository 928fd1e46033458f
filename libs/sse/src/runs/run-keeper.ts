import { Logger } from '@nestjs/common';
import { logError } from '../base/log-error.js';
import { SseException } from '../base/exception.js';
import { outsideOfHandler } from '../bus/binding/handler-context.js';
import type { EventBusService } from '../bus/event-bus.service.js';
import type { CoalesceOptions, RunSettings } from './run-options.js';
import { RunProduction, type RunProducer } from './run-producer.js';
import {
  RUN_ENDED,
  RUN_STOP,
  type RunEnd,
  type StoredRun,
} from './run-state.js';
import { RunStore } from './run-store.js';

/** How a run is started. */
export interface RunStart {
  /** The principal's id. */
  readonly owner: string | undefined;
  /** Whether a run that is over makes place for a new one. */
  readonly restarts: boolean;
  readonly limits: RunSettings['limits'];
  readonly coalesce: CoalesceOptions | undefined;
}

interface OwnRun {
  run: StoredRun;
  readonly owner: string | undefined;
  readonly production: RunProduction;
  readonly done: Promise<void>;
}

/** A run that another node produces, as far as anybody knows. */
interface WatchedRun {
  readonly run: StoredRun;
  /** How it ends if nobody produces it. */
  readonly end: RunEnd;
  /** Nobody had said that it is produced when it was last looked at. */
  isMissed: boolean;
}

const logger = new Logger('StreamRuns');

const LOST: RunEnd = {
  status: 'lost',
  error: {
    code: 'RUN_LOST',
    message: 'The server that produced this run is gone.',
  },
};

/**
 * Keeps the runs of all nodes alive or ends them: renews the leases of those that this node produces, and ends as lost
 * those of other nodes whose lease is over, so that no stream stays open without a producer.
 */
export class RunKeeper {
  readonly #store: RunStore;
  readonly #own = new Map<string, OwnRun>();
  /** Runs of other nodes that clients of this one may be attached to. */
  readonly #watched = new Map<string, WatchedRun>();
  readonly #starting = new Map<string, Promise<StoredRun>>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(
    private readonly bus: EventBusService,
    private readonly node: string,
    private readonly settings: RunSettings,
  ) {
    this.#store = new RunStore(bus, node, settings);
  }

  /** One at a time for each key: what two requests start together is one run. */
  async startOrFind(
    id: string,
    producer: RunProducer,
    start: RunStart,
  ): Promise<StoredRun> {
    const before = this.#starting.get(id);
    const starting = (async () => {
      await before?.catch(() => undefined);
      return this.#startOrFind(id, producer, start);
    })();
    this.#starting.set(id, starting);
    try {
      return await starting;
    } finally {
      if (this.#starting.get(id) === starting) this.#starting.delete(id);
    }
  }

  async find(id: string): Promise<StoredRun | undefined> {
    const own = this.#own.get(id);
    if (own !== undefined) return own.run;
    const run = await this.#store.find(id);
    if (run?.status === 'running' && !this.#watched.has(id))
      this.#watch(id, run);
    return run;
  }

  async stop(id: string): Promise<boolean> {
    const run = await this.find(id);
    if (run?.status !== 'running') return false;
    const own = this.#own.get(id);
    if (own !== undefined) {
      own.production.stop();
      await own.done;
    } else {
      const { topic } = run;
      await this.bus.appendReserved([
        { topic, event: { type: RUN_STOP, data: null } },
      ]);
    }
    return true;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    const own = [...this.#own.values()];
    for (const { production } of own) production.end(LOST);
    await Promise.all(own.map(({ done }) => done));
  }

  async #startOrFind(
    id: string,
    producer: RunProducer,
    start: RunStart,
  ): Promise<StoredRun> {
    const known = await this.find(id);
    if (known !== undefined && (known.status === 'running' || !start.restarts))
      return known;
    this.#refuseTooMany(start.owner);
    const generation = (known?.generation ?? 0) + 1;
    const { run, isOurs } = await this.#store.begin(id, generation);
    if (isOurs) await this.#produce(id, run, producer, start);
    else this.#watch(id, run);
    return run;
  }

  #refuseTooMany(owner: string | undefined): void {
    if (this.#isClosed)
      throw new SseException('SHUTTING_DOWN', 'The server is shutting down.');
    const { maxConcurrentPerPrincipal } = this.settings;
    let count = 0;
    for (const one of this.#own.values()) if (one.owner === owner) count++;
    if (count < maxConcurrentPerPrincipal) return;
    throw new SseException(
      'RUN_LIMIT',
      `You have ${count} runs under way, which is the limit. Wait for one, or stop it.`,
    );
  }

  async #produce(
    id: string,
    run: StoredRun,
    producer: RunProducer,
    { owner, limits, coalesce }: RunStart,
  ): Promise<void> {
    await this.#store.save(id, run);
    // It goes on when the request is over, and is nobody's stream.
    outsideOfHandler(() =>
      this.#begin(id, run, producer, { owner, limits, coalesce }),
    );
  }

  #begin(
    id: string,
    run: StoredRun,
    producer: RunProducer,
    { owner, limits, coalesce }: Omit<RunStart, 'restarts'>,
  ): void {
    const production = new RunProduction(this.bus, run, limits, coalesce);
    // Another node tells of a stop in the run's own topic, or has ended the run because this node was silent.
    const words = this.bus
      .streamReserved(run.topic, {
        filter: ({ type }) => type === RUN_STOP || type === RUN_ENDED,
      })
      .subscribe(({ type, data }) => {
        if (type === RUN_STOP) production.stop();
        else production.end(data as RunEnd);
      });
    const done = production
      .run(producer)
      .then((end) => this.#finishOwn(id, run, end))
      .finally(() => words.unsubscribe());
    this.#own.set(id, { run, owner, production, done });
    this.#tick();
  }

  async #finishOwn(id: string, run: StoredRun, end: RunEnd): Promise<void> {
    try {
      await this.#finish(id, run, end);
      this.#own.delete(id);
    } catch (error) {
      logError(logger, 'The end of a run could not be appended', error);
      this.#own.delete(id);
      // Its streams are still open: it ends like a run of a node that died.
      this.#watch(id, run, end);
    }
  }

  /** Says in the log how a run ended, once however many nodes say so, and ends its streams. */
  async #finish(id: string, run: StoredRun, end: RunEnd): Promise<void> {
    const { topic, generation } = run;
    await this.bus.appendReserved([
      {
        topic,
        event: { type: RUN_ENDED, data: end },
        messageId: `run-end:${id}:${generation}`,
      },
    ]);
    await this.bus.endReserved(topic);
    const over: StoredRun = { ...run, ...end, endedAt: Date.now() };
    const own = this.#own.get(id);
    if (own !== undefined) own.run = over;
    await this.#store.save(id, over);
  }

  #watch(id: string, run: StoredRun, end = LOST): void {
    this.#watched.set(id, { run, end, isMissed: false });
    this.#tick();
  }

  #tick(): void {
    if (this.#isClosed) return;
    this.#timer ??= setInterval(
      () => void this.#look(),
      this.settings.leaseMs / 3,
    ).unref();
  }

  async #look(): Promise<void> {
    // The one before may still wait for an engine that does not answer.
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      for (const [id, { run }] of this.#own)
        if (run.status === 'running') await this.#store.save(id, run);
      for (const [id, one] of this.#watched) await this.#lookAfter(id, one);
    } catch (error) {
      // The engine is away: nobody's lease is judged until it is back.
      logError(logger, 'The runs of other nodes could not be looked at', error);
    }
    this.#isLooking = false;
    if (this.#own.size + this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  // Missed twice: behind an outage of the engine, longer than the lease, the producer has to get its chance to speak.
  async #lookAfter(id: string, watched: WatchedRun): Promise<void> {
    const { run, end, isMissed } = watched;
    const now = await this.#store.find(id);
    const isOther = now !== undefined && now.generation !== run.generation;
    if (isOther || (now !== undefined && now.status !== 'running')) {
      this.#watched.delete(id);
      return;
    }
    if (now !== undefined && (await this.#store.isProduced(id))) {
      watched.isMissed = false;
    } else if (isMissed) {
      await this.#finish(id, run, end);
      this.#watched.delete(id);
    } else {
      watched.isMissed = true;
    }
  }
}
