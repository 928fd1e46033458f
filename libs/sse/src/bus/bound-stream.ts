import type { EventRecord, Offset } from '../event/event-record.js';
import {
  liveFrame,
  resetFrame,
  type ResetReason,
} from '../event/control-event.js';
import type { TopicSelector } from '../event/topic.js';
import { endedTopic, withEndRecords } from '../log/control-topic.js';
import { formatCursor, parseCursor } from '../log/cursor.js';
import type { EventLog, ReadResult } from '../log/event-log.js';
import { sendSnapshot } from './snapshot.js';
import type {
  BoundCursor,
  StreamBinding,
  TopicPolicy,
} from './stream-binding.js';
import type { BusStreamOptions } from './stream-options.js';
import type { StreamOutput } from './stream-output.js';
import type { StreamScope } from './stream-scope.js';
import type { Tail } from './tail.js';
import type { TopicSubscriber } from './topic-index.js';

/** Records per read of the log: enough to fill a write, few enough to stay fair. */
const READ_LIMIT = 256;

/** How a stream begins, once its cursor is checked; `resumed` where it was subscribed before. */
type Start =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'resume'; readonly after: Offset }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'reset'; readonly reason: ResetReason };

/** What the streams of one bus have in common. */
export interface StreamSource {
  readonly log: EventLog;
  readonly tail: Tail;
  readonly policy: TopicPolicy;
}

/**
 * The bus stream that owns its connection's cursor. It is either *live*, in the topic index, or *reading*
 * the log at its own offset: after a reconnect as after a congestion, which is why a slow client needs no
 * queue.
 */
export class BoundStream implements BoundCursor, TopicSubscriber {
  #prepared: Promise<void> | undefined;
  #start: Start = { kind: 'fresh' };
  #since = -Infinity;
  #output: StreamOutput | undefined;
  #isLive = false;
  #isAnnounced = false;
  /** Where the stream stands in the log while it reads; while live, the last event before it was. */
  #after: Offset = 0;
  #replayed = 0;
  #lastTransient: EventRecord | undefined;
  readonly #openTopics: Set<string>;
  readonly #isMultiple: boolean;
  readonly #readSelector: TopicSelector;

  constructor(
    private readonly source: StreamSource,
    readonly selector: TopicSelector,
    private readonly options: BusStreamOptions<never>,
    private readonly binding: StreamBinding,
    private readonly scope: StreamScope,
  ) {
    this.#openTopics = new Set(selector.topics);
    this.#isMultiple = selector.topics.length + selector.patterns.length > 1;
    this.#readSelector = withEndRecords(selector);
    binding.bind(this);
  }

  isBoundTo(binding: StreamBinding): boolean {
    return binding === this.binding;
  }

  prepare(): Promise<void> {
    return (this.#prepared ??= this.#prepare());
  }

  /** Begins to deliver. A stream that was stopped goes on where it was. */
  start(output: StreamOutput): void {
    this.#output = output;
    this.prepare().then(
      () => {
        if (this.#output !== output) return;
        const start = this.#start;
        this.#start = { kind: 'resumed' };
        this.#run(start);
      },
      (error: unknown) => output.error(error),
    );
  }

  stop(): void {
    if (this.#isLive) this.#after = this.source.tail.offset;
    this.#leaveLive();
    this.#output = undefined;
  }

  get freshOffset(): Offset | undefined {
    const isCaughtUp =
      this.#isLive &&
      this.#output?.isDirect === true &&
      this.options.replay !== false;
    return isCaughtUp ? this.source.tail.offset : undefined;
  }

  cursorAt(offset: Offset): string {
    return formatCursor({ epoch: this.source.tail.epoch, offset });
  }

  offsetOf(id: string): Offset | undefined {
    const cursor = parseCursor(id);
    return cursor?.epoch === this.source.tail.epoch
      ? Number(cursor.offset)
      : undefined;
  }

  deliver(record: EventRecord): void {
    if (record.order <= this.#after) return;
    if (!this.binding.isWritable) {
      this.#fallBehind(record);
      return;
    }
    if (this.#isMultiple && this.#wasDelivered(record)) return;
    this.#deliver(record);
  }

  deliverEnd(record: EventRecord, topic: string): void {
    if (record.order <= this.#after) return;
    if (this.binding.isWritable) this.#endTopic(topic);
    else this.#fallBehind(record);
  }

  // A record that matches several of the stream's topics and patterns comes once for each.
  #wasDelivered(record: EventRecord): boolean {
    if (record.offset !== undefined) this.#after = record.offset;
    else if (record === this.#lastTransient) return true;
    else this.#lastTransient = record;
    return false;
  }

  async #prepare(): Promise<void> {
    const { log, policy } = this.source;
    const grant = await policy.authorise(this.binding.principal, this.selector);
    this.#since = grant.since ?? -Infinity;
    const id = this.binding.lastEventId;
    if (id === undefined || this.options.replay === false) return;
    const cursor = parseCursor(id);
    if (cursor === undefined) {
      this.#start = { kind: 'reset', reason: 'malformed' };
      return;
    }
    const check = await log.check(cursor, this.#readSelector);
    this.#start =
      check.state === 'complete'
        ? { kind: 'resume', after: check.offset }
        : { kind: 'reset', reason: check.state };
  }

  #run(start: Start): void {
    if (start.kind === 'reset') this.#reset(start.reason);
    else if (start.kind === 'fresh') this.#startFresh();
    else {
      if (start.kind === 'resume') this.#after = start.after;
      this.#advance();
    }
  }

  #startFresh(): void {
    this.#after = this.source.tail.offset;
    if (this.options.snapshot === undefined) this.#advance();
    else void this.#sendSnapshot();
  }

  #reset(reason: ResetReason): void {
    this.#isAnnounced = false;
    this.#replayed = 0;
    this.binding.sendControl(resetFrame(reason));
    this.#startFresh();
  }

  async #sendSnapshot(): Promise<void> {
    const output = this.#output;
    try {
      const after = await sendSnapshot(
        this.options.snapshot!,
        this.binding,
        this.scope,
      );
      if (this.#output !== output) return;
      const cursor = after === undefined ? undefined : parseCursor(after);
      if (cursor !== undefined) {
        const check = await this.source.log.check(cursor, this.#readSelector);
        if (this.#output !== output) return;
        if (check.state === 'complete') this.#after = check.offset;
      }
      this.#announceLive();
      this.#advance();
    } catch (error) {
      output?.error(error);
    }
  }

  /** Reads on until nothing is left, the client is congested, or the stream is stopped. */
  #advance(): void {
    const { tail, log } = this.source;
    while (this.#output !== undefined && !this.#isLive) {
      if (!this.binding.isWritable) {
        this.binding.whenWritable(() => this.#advance());
        return;
      }
      if (this.#after > tail.offset) {
        tail.whenReached(this.#after, () => this.#advance());
        return;
      }
      if (this.#after === tail.offset) {
        this.#goLive();
        return;
      }
      const result = log.read({
        after: this.#after,
        until: tail.offset,
        selector: this.#readSelector,
        limit: READ_LIMIT,
      });
      if (result instanceof Promise) {
        this.#awaitRead(result);
        return;
      }
      if (!this.#take(result)) return;
    }
  }

  #awaitRead(reading: Promise<ReadResult>): void {
    const output = this.#output;
    reading.then(
      (result) => {
        if (this.#output === output && this.#take(result)) this.#advance();
      },
      (error: unknown) => output?.error(error),
    );
  }

  /** Delivers what a read gave; false if the stream took another turn meanwhile. */
  #take({ records, through, truncated }: ReadResult): boolean {
    if (truncated) {
      this.#reset('truncated');
      return false;
    }
    for (const record of records) {
      if (!this.binding.isWritable) return true;
      if (this.#isTooOld(record)) {
        this.#reset('max-age');
        return false;
      }
      this.#after = record.order;
      const ended = endedTopic(record.topic);
      if (ended !== undefined) this.#endTopic(ended);
      else if (record.publishedAt >= this.#since) {
        if (!this.#isAnnounced) this.#replayed++;
        this.#deliver(record);
      }
      if (this.#output === undefined) return false;
    }
    this.#after = through;
    return true;
  }

  #isTooOld(record: EventRecord): boolean {
    const { replay } = this.options;
    if (this.#isAnnounced || !replay) return false;
    return record.publishedAt < Date.now() - replay.maxAgeMs;
  }

  #deliver(record: EventRecord): void {
    try {
      this.#output?.deliver(record);
    } catch (error) {
      this.#output?.error(error);
    }
  }

  #goLive(): void {
    this.#announceLive();
    this.#isLive = true;
    this.source.tail.subscribe(this);
  }

  #announceLive(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    if (this.options.replay === false) {
      this.binding.sendControl(liveFrame(0, undefined));
    } else if (this.#output?.isDirect === true || this.#replayed === 0) {
      this.binding.sendControl(
        liveFrame(this.#replayed, this.cursorAt(this.#after)),
        this.#after,
      );
    } else {
      // Operators may still hold what was replayed: only what they let through is surely delivered.
      this.binding.sendControl(
        liveFrame(this.#replayed, this.binding.lastSentId),
      );
    }
  }

  // Transient events are live only: a stream that is behind does without.
  #fallBehind(record: EventRecord): void {
    if (record.offset === undefined) return;
    this.#leaveLive();
    this.#after = Math.max(this.#after, this.source.tail.previousOffset);
    this.binding.whenWritable(() => this.#advance());
  }

  #leaveLive(): void {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.source.tail.unsubscribe(this);
  }

  #endTopic(topic: string): void {
    this.#openTopics.delete(topic);
    if (this.#openTopics.size > 0 || this.selector.patterns.length > 0) return;
    const output = this.#output;
    this.stop();
    output?.complete();
  }
}
