import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { checkOptions } from '../base/option-rules.js';
import { SseException } from '../base/exception.js';
import { bindingOfHandler } from '../bus/binding/handler-context.js';
import type { BusStream } from '../bus/bus-stream.js';
import { EventBusService } from '../bus/event-bus.service.js';
import type { SsePrincipal } from '../event/principal.js';
import { RunKeeper } from './run-keeper.js';
import {
  limitsOf,
  RUN_RULES,
  runSettings,
  STREAM_RUNS_RULES,
  type RunOptions,
  type RunSettings,
  type StreamRunsOptions,
} from './run-options.js';
import type { RunProducer } from './run-producer.js';
import { runIdOf, type RunState } from './run-state.js';
import { streamOfRun } from './run-stream.js';

/** The injection token of {@link StreamRunsOptions}. */
export const STREAM_RUNS_OPTIONS = Symbol('STREAM_RUNS_OPTIONS');

/**
 * Runs that outlive their requests: a producer (a model's answer, an export) runs once for a key and its principal,
 * appends to the log, and goes on when its clients leave. Any number of clients attach, drop off and resume, on any
 * node, until it is stopped.
 *
 * @example
 * \@SseStream('answers/:id', { method: RequestMethod.POST })
 * answer(\@Param('id') id: string, \@Body() { prompt }: PromptDto) {
 *   return this.runs.stream(id, ({ signal }) => this.model.ask(prompt, signal));
 * }
 */
@Injectable()
export class StreamRuns implements OnModuleDestroy {
  readonly #settings: RunSettings;
  readonly #keeper: RunKeeper;

  constructor(
    @Inject(EventBusService) private readonly bus: EventBusService,
    @Inject(STREAM_RUNS_OPTIONS) options: StreamRunsOptions = {},
  ) {
    checkOptions('StreamRuns', options, STREAM_RUNS_RULES);
    this.#settings = runSettings(options);
    this.#keeper = new RunKeeper(bus, randomUUID(), this.#settings);
  }

  /**
   * In a handler: starts the run of this key, or attaches to it, so that a request which is made again attaches
   * instead of starting a second one. A client without a cursor gets all of the run, one with a cursor what it missed.
   *
   * @throws SseException `INVALID_OPTIONS`, `RUN_LIMIT` (too many runs of this principal), `PUBLISH_REJECTED`
   */
  async stream(
    key: string,
    producer: RunProducer,
    options: RunOptions = {},
  ): Promise<BusStream> {
    const { connection, id } = this.#identify(key, options);
    const isResume = connection?.lastEventId !== undefined;
    const run = await this.#keeper.startOrFind(id, producer, {
      owner: connection?.principal?.id,
      restarts: options.whenFinished === 'restart' && !isResume,
      limits: limitsOf(options.limits, this.#settings.limits),
      coalesce: options.coalesce,
    });
    return streamOfRun(this.bus, run);
  }

  /**
   * Starts the run of this key on this node, unless it is known already. Does not wait for its end.
   * @throws SseException as {@link stream}
   */
  async start(
    key: string,
    producer: RunProducer,
    options: RunOptions = {},
  ): Promise<RunState> {
    const { principal, id } = this.#identify(key, options);
    const run = await this.#keeper.startOrFind(id, producer, {
      owner: principal?.id,
      restarts: options.whenFinished === 'restart',
      limits: limitsOf(options.limits, this.#settings.limits),
      coalesce: options.coalesce,
    });
    return publicState(run);
  }

  /**
   * In a handler: the stream of a run that somebody has started, on whichever node. A run that is over is replayed
   * from the log, unless `onlyRunning` is set.
   * @throws SseException `NO_SUCH_RUN`, which is answered 204: nothing runs under this key, or it is another
   *   principal's
   */
  async attach(
    key: string,
    options: Pick<RunOptions, 'principal' | 'isShared'> & {
      readonly onlyRunning?: boolean | undefined;
    } = {},
  ): Promise<BusStream> {
    const { onlyRunning = false, ...rest } = options;
    const run = await this.#keeper.find(this.#identify(key, rest).id);
    if (run === undefined || (onlyRunning && run.status !== 'running'))
      throw new SseException('NO_SUCH_RUN', 'Nothing runs under this key.');
    return streamOfRun(this.bus, run);
  }

  /**
   * Stops a run on whichever node it is: its producer's signal is aborted, and its streams end with `stream-end`.
   * @returns whether there was one to stop
   */
  stop(
    key: string,
    options: Pick<RunOptions, 'principal' | 'isShared'> = {},
  ): Promise<boolean> {
    return this.#keeper.stop(this.#identify(key, options).id);
  }

  /** How a run stands; undefined if nobody knows of it, or it is another principal's. */
  async status(
    key: string,
    options: Pick<RunOptions, 'principal' | 'isShared'> = {},
  ): Promise<RunState | undefined> {
    const run = await this.#keeper.find(this.#identify(key, options).id);
    return run && publicState(run);
  }

  /** Nest calls it: the runs of this node end as lost, because nobody will produce them any more. */
  onModuleDestroy(): Promise<void> {
    return this.#keeper.close();
  }

  #identify(key: string, options: RunOptions) {
    checkOptions('runs', options, RUN_RULES);
    if (typeof key !== 'string' || key === '')
      throw new SseException(
        'INVALID_OPTIONS',
        'A run needs a key: a string that is not empty, such as the id of a conversation.',
      );
    const connection = bindingOfHandler();
    const principal: SsePrincipal | undefined =
      options.principal ?? connection?.principal;
    return {
      connection,
      principal,
      id: runIdOf(key, principal, options.isShared === true),
    };
  }
}

function publicState(run: RunState): RunState {
  const { status, startedAt, endedAt, error } = run;
  return { status, startedAt, endedAt, error };
}
