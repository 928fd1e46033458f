import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { messageOf, oneLine } from '../../base/log-error.js';
import { SseException } from '../../base/exception.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import type { AppendResult, LogEntry, LogPosition } from '../event-log.js';
import type {
  CursorPlace,
  EngineListener,
  LogEngine,
  LogRange,
} from '../remote/log-engine.js';
import type { Presence } from '../presence.js';
import type { SharedCounts } from '../shared-counts.js';
import type { SharedKeys } from '../shared-keys.js';
import { KvSharedKeys } from './kv-shared-keys.js';
import { markerSubject } from './epoch-marker.js';
import { FollowedLog } from './followed-log.js';
import { decodeMessage, offsetOfSequence } from './message-codec.js';
import { startError } from './nats-errors.js';
import { NatsLink, placesOf } from './nats-link.js';
import { NatsCounts } from './nats-counts.js';
import { loadNatsPackages } from './nats-packages.js';
import { NatsPresence } from './nats-presence.js';
import { NatsPublisher } from './nats-publisher.js';
import { NatsRanges } from './nats-ranges.js';
import type { NatsSettings } from './nats-settings.js';
import { assertVersion } from './log-stream.js';
import {
  StreamTail,
  type FollowedMessage,
  type TailEnd,
} from './stream-tail.js';

/** How often the stream is looked at while nothing seems amiss, in milliseconds. */
const LOOK_MS = 5_000;

/** How long somebody with an unknown epoch waits until the stream is followed, in milliseconds. */
const LOOK_LIMIT_MS = 15_000;

/** The shortest and the longest wait before the next try, in milliseconds. */
const RETRY_MS = [50, 2_000] as const;

/** A connection, and what is known of the log, which outlives it. */
interface Session {
  readonly link: NatsLink;
  readonly log: FollowedLog;
  readonly ranges: NatsRanges;
}

/** The log in a stream of JetStream. */
export class NatsEngine implements LogEngine {
  readonly name = 'NATS JetStream';
  readonly sharedKeys: SharedKeys;
  readonly sharedCounts: SharedCounts;
  readonly presence: Presence;
  readonly #logger = new Logger('NatsEventLog');
  readonly #publisher: NatsPublisher;
  readonly #marker: string;
  #session: Session | undefined;
  /** Set while the stream is followed. */
  #tail: StreamTail | undefined;
  readonly #looking = new Set<() => void>();
  #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(private readonly settings: NatsSettings) {
    this.#publisher = new NatsPublisher(settings);
    this.#marker = markerSubject(settings.stream);
    this.sharedKeys = new KvSharedKeys(settings, () => this.#link);
    this.sharedCounts = new NatsCounts(settings.stream, () => this.#link);
    this.presence = new NatsPresence(settings.stream, () => this.#link);
  }

  async open(): Promise<LogPosition> {
    this.#stopping = new AbortController();
    const session = await this.#connect();
    try {
      const position = await session.log.begin();
      this.#session = session;
      return position;
    } catch (error) {
      await session.link.close();
      throw this.#startError(error, session.link);
    }
  }

  follow(_from: LogPosition, listener: EngineListener): void {
    this.#running = this.#run(listener, this.#stopping.signal);
  }

  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    const { link, log } = this.#session!;
    return this.#publisher.append(entries, link, log);
  }

  readAfter(after: Offset, until: Offset, epoch: string): Promise<LogRange> {
    return this.#sessionOf(epoch).ranges.readAfter(after, until, epoch);
  }

  readBefore(until: Offset, limit: number, epoch: string): Promise<LogRange> {
    return this.#sessionOf(epoch).ranges.readBefore(until, limit, epoch);
  }

  async locate(offset: Offset): Promise<CursorPlace> {
    return this.#sessionOf(undefined).ranges.locate(offset);
  }

  async look(): Promise<void> {
    const tail = this.#tail;
    if (tail !== undefined) {
      const isSound = await this.#session!.log.isSound().catch(() => false);
      if (isSound) return;
      tail.end('a client knows another epoch');
    }
    await Promise.race([
      new Promise<void>((resolve) => this.#looking.add(resolve)),
      delay(LOOK_LIMIT_MS, undefined, { ref: false }),
    ]);
  }

  async close(): Promise<void> {
    await this.#publisher.flush();
    this.#stopping.abort();
    await this.#running;
    this.#running = undefined;
    const session = this.#session;
    this.#session = undefined;
    await session?.link.close();
  }

  get #link(): NatsLink | undefined {
    return this.#session?.link;
  }

  async #connect(before?: Session): Promise<Session> {
    const { settings } = this;
    const packages = await loadNatsPackages();
    let link: NatsLink | undefined;
    try {
      link = await NatsLink.open(packages, settings);
      assertVersion(link.nc.info?.version);
    } catch (error) {
      await link?.close();
      throw this.#startError(error, link);
    }
    const log = before?.log ?? new FollowedLog(link, settings);
    log.use(link);
    const ranges = new NatsRanges(link, settings.stream, () => log.created);
    return { link, log, ranges };
  }

  #startError(error: unknown, link: NatsLink | undefined): SseException {
    const hasJetStream = link?.nc.info?.jetstream === true;
    return startError(error, placesOf(this.settings), hasJetStream);
  }

  #sessionOf(epoch: string | undefined): Session {
    const session = this.#session;
    if (
      session?.link.isUp &&
      (epoch === undefined || session.log.epoch === epoch)
    )
      return session;
    throw new SseException(
      'LOG_UNAVAILABLE',
      'NATS cannot be reached at the moment.',
    );
  }

  /** Follows the stream until the log is closed, whatever happens to the connection, the server and the stream. */
  async #run(listener: EngineListener, signal: AbortSignal): Promise<void> {
    let gap: number | undefined;
    for (let failures = 0; !signal.aborted;) {
      try {
        const { link, log } = await this.#standing(listener, signal);
        if (signal.aborted) return;
        await log.catchUp(listener, gap);
        gap = undefined;
        const tail = await StreamTail.open(
          link,
          this.settings.stream,
          log.followed,
          this.#marker,
          (messages) => this.#deliver(messages, log, listener),
        );
        listener.onUp();
        failures = 0;
        this.#tail = tail;
        for (const resolve of this.#looking) resolve();
        this.#looking.clear();
        const end = await this.#watch(tail, log, signal);
        this.#tail = undefined;
        if (end.kind === 'gap') gap = end.next;
        else await pause(0, signal);
      } catch (error) {
        if (signal.aborted) return;
        listener.onDown(messageOf(error));
        await this.#link?.probe();
        await pause(failures++, signal);
      }
    }
  }

  /** A session whose connection stands. */
  async #standing(
    listener: EngineListener,
    signal: AbortSignal,
  ): Promise<Session> {
    let session = this.#session!;
    if (!session.link.isUp) {
      listener.onDown('the connection is down');
      await session.link.up(signal);
    }
    if (session.link.isClosed && !signal.aborted) {
      if (this.settings.connection !== undefined)
        throw new Error('the application has closed its connection');
      session = await this.#connect(session);
      this.#session = session;
    }
    return session;
  }

  /** Waits for the end of a tail, and looks at the stream from time to time. */
  async #watch(
    tail: StreamTail,
    log: FollowedLog,
    signal: AbortSignal,
  ): Promise<TailEnd> {
    const stop = () => tail.end('the log closes');
    signal.addEventListener('abort', stop);
    const timer = setInterval(() => {
      log.isSound().then(
        (isSound) => {
          if (!isSound) tail.end('the stream has changed');
        },
        (error: unknown) => tail.end(messageOf(error)),
      );
    }, LOOK_MS);
    timer.unref();
    if (signal.aborted) stop();
    try {
      return await tail.ended;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #deliver(
    messages: readonly FollowedMessage[],
    log: FollowedLog,
    listener: EngineListener,
  ): void {
    const records: EventRecord[] = [];
    for (const { sequence, subject, body } of messages) {
      if (subject === this.#marker) continue;
      const decoded = decodeMessage(body, sequence, log.epoch);
      if (decoded === undefined)
        this.#logger.warn(
          `Message ${sequence} of the stream ${this.settings.stream} (${oneLine(subject)}) is no event of this library: it is passed over.`,
        );
      else records.push(...decoded);
    }
    const last = messages.at(-1)!;
    log.noteFollowed(last);
    listener.onRecords(records, offsetOfSequence(last.sequence));
  }
}

/** Longer from time to time, and never the same for two processes. */
async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const [min, max] = RETRY_MS;
  const longest = Math.min(max, min * 2 ** failures);
  await delay(min + Math.random() * longest, undefined, { signal }).catch(
    () => undefined,
  );
}
