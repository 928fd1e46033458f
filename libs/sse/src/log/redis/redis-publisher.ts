import { SseException } from '../../base/exception.js';
import { formatEventId } from '../../event/event-id.js';
import type { Offset } from '../../event/event-record.js';
import type { AppendResult, LogEntry } from '../event-log.js';
import { AppendCommand, type AppendSettings } from './append-command.js';
import { Backoff } from './redis-backoff.js';
import type { RedisConnection } from './redis-connection.js';
import { explain, isMovedOn, isReply } from './redis-errors.js';
import type { RedisLink } from './redis-link.js';
import { newEpoch, type AcknowledgedPlace } from './redis-reader.js';
import { PublishJob } from './publish-job.js';

/** Entries in one call of the script, which holds up everybody else's commands while it runs. */
const MAX_BATCH_ENTRIES = 128;
const MAX_BATCH_CHARACTERS = 262_144;

/** Batches that are on their way at the same time. */
const MAX_IN_FLIGHT = 4;

interface Batch {
  readonly jobs: readonly PublishJob[];
  /** Refused: the server did nothing. Lost: nobody knows. */
  outcome: 'pending' | 'settled' | 'refused' | 'lost';
}

/**
 * Appends on a connection of its own, in the order of the calls. What is published in one turn goes in one script
 * and one round trip. What the server surely did not do is done again behind a new connection; what may have been
 * done is done again only if a message id makes that harmless.
 */
export class RedisPublisher {
  readonly #backoff = new Backoff();
  readonly #command: AppendCommand;
  readonly #queue: PublishJob[] = [];
  #inFlight: Batch[] = [];
  #connection: RedisConnection | undefined;
  #connecting: Promise<void> | undefined;
  #isScheduled = false;
  #isAdopting = false;
  #timer: NodeJS.Timeout | undefined;
  #acknowledged: AcknowledgedPlace;
  #lastFailure = 'no connection yet';
  #isClosed = false;

  constructor(
    private readonly link: RedisLink,
    private readonly settings: AppendSettings,
    epoch: string,
    connection: RedisConnection,
  ) {
    this.#command = new AppendCommand(link.keys, settings);
    this.#acknowledged = { epoch, offset: 0 };
    this.#connection = connection;
  }

  /** The newest entry that was acknowledged to this process. */
  get acknowledged(): AcknowledgedPlace {
    return this.#acknowledged;
  }

  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.settings.publishTimeoutMs;
      this.#queue.push(new PublishJob(entries, deadline, resolve, reject));
      this.#watch();
      this.#schedule();
    });
  }

  /** Resolves when everything that was accepted is settled, which takes as long as a publish may take. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#queue, ...this.#inFlight.flatMap(({ jobs }) => jobs)].map(
        (job) => job.whenSettled(),
      ),
    );
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#backoff.wake();
  }

  // In a microtask: what is published in one turn goes together.
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const connection = this.#connection;
    if (connection?.isOpen !== true) {
      if (this.#queue.length > 0) this.#connect();
      return;
    }
    // What was refused has to go first again, and under the epoch that is being asked for.
    if (this.#isAdopting) return;
    if (this.#inFlight.some(({ outcome }) => outcome !== 'pending')) return;
    // WAIT holds up what comes behind it on the connection.
    const limit = this.settings.minReplicas > 0 ? 1 : MAX_IN_FLIGHT;
    while (this.#queue.length > 0 && this.#inFlight.length < limit)
      void this.#send(connection, this.#takeBatch());
  }

  #takeBatch(): Batch {
    const jobs: PublishJob[] = [];
    let entries = 0;
    let characters = 0;
    for (const job of this.#queue) {
      entries += job.entries.length;
      characters += job.characters;
      if (
        jobs.length > 0 &&
        (entries > MAX_BATCH_ENTRIES || characters > MAX_BATCH_CHARACTERS)
      )
        break;
      jobs.push(job);
    }
    this.#queue.splice(0, jobs.length);
    const batch: Batch = { jobs, outcome: 'pending' };
    this.#inFlight.push(batch);
    return batch;
  }

  async #send(connection: RedisConnection, batch: Batch): Promise<void> {
    try {
      const [reply, replicas] = await this.#command.call(
        connection,
        this.#acknowledged,
        batch.jobs,
      );
      if (reply instanceof Error) this.#onFailure(connection, batch, reply);
      else this.#onReply(connection, batch, reply as string[], replicas);
    } catch (error) {
      this.#onFailure(connection, batch, error);
    }
    this.#settle();
  }

  #onReply(
    connection: RedisConnection,
    batch: Batch,
    [status, epoch, ...offsets]: readonly string[],
    replicas: unknown,
  ): void {
    if (status !== 'ok') {
      batch.outcome = 'refused';
      this.#lastFailure = 'the log has begun anew';
      void this.#adopt(connection, status!, epoch!);
      return;
    }
    batch.outcome = 'settled';
    this.#backoff.reset();
    const { minReplicas } = this.settings;
    const isSafe = minReplicas === 0 || Number(replicas) >= minReplicas;
    let index = 0;
    let newest: Offset = this.#acknowledged.offset;
    for (const job of batch.jobs) {
      const places = offsets.slice(index, (index += job.entries.length));
      for (const place of places) newest = Math.max(newest, Number(place));
      if (isSafe) job.resolve(resultsOf(job, epoch!, places));
      else
        job.reject(
          unknown(
            `fewer than ${minReplicas} replicas have confirmed it (minReplicas)`,
          ),
        );
    }
    this.#acknowledged = { epoch: epoch!, offset: newest };
  }

  #onFailure(connection: RedisConnection, batch: Batch, error: unknown): void {
    this.#lastFailure = explain(error);
    if (isMovedOn(error)) {
      batch.outcome = 'refused';
      connection.close();
    } else if (isReply(error)) {
      batch.outcome = 'settled';
      for (const job of batch.jobs) job.reject(rejected(explain(error)));
    } else {
      batch.outcome = 'lost';
      connection.close();
    }
  }

  // Only once all that were on their way are back is it known what has to be done again, and in which order.
  #settle(): void {
    const isOver = this.#inFlight.every(({ outcome }) => outcome !== 'pending');
    const isSound = this.#inFlight.every(
      ({ outcome }) => outcome === 'pending' || outcome === 'settled',
    );
    if (isSound) {
      this.#inFlight = this.#inFlight.filter(
        ({ outcome }) => outcome === 'pending',
      );
    } else if (isOver) {
      const again: PublishJob[] = [];
      for (const { jobs, outcome } of this.#inFlight) {
        if (outcome === 'settled') continue;
        for (const job of jobs) {
          if (outcome === 'refused' || job.isRepeatable) again.push(job);
          else job.reject(unknown(this.#lastFailure));
          if (outcome === 'lost') job.mayBeThere = true;
        }
      }
      this.#inFlight = [];
      this.#queue.unshift(...again.filter(({ isSettled }) => !isSettled));
    }
    this.#flush();
  }

  async #adopt(
    connection: RedisConnection,
    status: string,
    epoch: string,
  ): Promise<void> {
    // Several batches may come back with the same answer.
    if (this.#isAdopting) return;
    this.#isAdopting = true;
    try {
      const { offset: known } = this.#acknowledged;
      const position =
        status === 'lost'
          ? await this.link.beginEpoch(connection, epoch, newEpoch(), known)
          : { epoch };
      this.#acknowledged = { epoch: position.epoch, offset: 0 };
    } catch (error) {
      this.#lastFailure = explain(error);
      connection.close();
    }
    this.#isAdopting = false;
    this.#settle();
  }

  #connect(): void {
    if (this.#connecting !== undefined || this.#isClosed) return;
    this.#connecting = this.#open().finally(() => {
      this.#connecting = undefined;
      this.#flush();
    });
  }

  async #open(): Promise<void> {
    while (!this.#isClosed && this.#queue.length > 0) {
      await this.#backoff.wait();
      if (this.#isClosed) return;
      try {
        this.#connection = await this.link.connect();
        if (this.#isClosed) this.#connection.close();
        return;
      } catch (error) {
        this.#lastFailure = explain(error);
      }
    }
  }

  /** Settles in time what nobody answers: all have the same time, so the oldest is the first. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    const oldest = this.#oldest();
    if (oldest === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#expire();
        this.#watch();
      },
      Math.max(1, oldest.deadline - performance.now()),
    ).unref();
  }

  #oldest(): PublishJob | undefined {
    for (const { jobs } of this.#inFlight)
      for (const job of jobs) if (!job.isSettled) return job;
    return this.#queue[0];
  }

  #expire(): void {
    const now = performance.now();
    const reason = `no answer in ${this.settings.publishTimeoutMs} ms (publishTimeoutMs): ${this.#lastFailure}`;
    for (const { jobs } of this.#inFlight) {
      for (const job of jobs)
        if (job.deadline <= now) job.reject(unknown(reason));
    }
    while (this.#queue[0] !== undefined && this.#queue[0].deadline <= now) {
      const job = this.#queue.shift()!;
      job.reject(job.mayBeThere ? unknown(reason) : rejected(reason));
    }
  }
}

function resultsOf(
  { entries }: PublishJob,
  epoch: string,
  places: readonly string[],
): AppendResult[] {
  return places.map((place, index) =>
    entries[index]!.transient === true
      ? undefined
      : { id: formatEventId(epoch, Number(place)) },
  );
}

function rejected(reason: string): SseException {
  return new SseException(
    'PUBLISH_REJECTED',
    `The event was not published: ${reason}`,
  );
}

function unknown(reason: string): SseException {
  return new SseException(
    'PUBLISH_UNKNOWN',
    `The event may have been published: ${reason}. Publish it again with a messageId to be sure.`,
  );
}
