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
  readonly #watched = new Map<string, StoredRun>();
  readonly #starting = new Map<string, Promise<StoredRun>>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    private readonly bus: EventBusService,
    private readonly node: string,
    private readonly settings: RunSettings,
  ) {
    this.#store = new RunStore(bus, node);
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
    await this.#store.save(id, run, this.settings.leaseMs);
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
    // Another node tells of a stop in the run's own topic.
    const stops = this.bus
      .streamReserved(run.topic, { filter: ({ type }) => type === RUN_STOP })
      .subscribe(() => production.stop());
    const done = production
      .run(producer)
      .then((end) => this.#finish(id, run, end))
      .catch((error: unknown) =>
        logError(logger, 'A run could not be ended', error),
      )
      .finally(() => {
        stops.unsubscribe();
        this.#own.delete(id);
      });
    this.#own.set(id, { run, owner, production, done });
    this.#tick();
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
    await this.#store.save(id, over, this.settings.retainMs);
  }

  #watch(id: string, run: StoredRun): void {
    this.#watched.set(id, run);
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
    const { leaseMs } = this.settings;
    try {
      for (const [id, { run }] of this.#own)
        if (run.status === 'running') await this.#store.save(id, run, leaseMs);
      for (const [id, run] of this.#watched) await this.#lookAfter(id, run);
    } catch (error) {
      // The engine is away: nobody's lease is judged until it is back.
      logError(logger, 'The runs of other nodes could not be looked at', error);
    }
    if (this.#own.size + this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #lookAfter(id: string, run: StoredRun): Promise<void> {
    const now = await this.#store.find(id);
    if (now?.generation === run.generation && now.status === 'running') return;
    this.#watched.delete(id);
    if (now === undefined) await this.#finish(id, run, LOST);
  }
}
