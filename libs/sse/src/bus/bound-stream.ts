import type { EventRecord, Offset } from '../event/event-record.js';
import {
  liveFrame,
  resetFrame,
  type ResetReason,
} from '../event/control-event.js';
import type { TopicSelector } from '../event/topic.js';
import { endedTopic } from '../log/control-topic.js';
import { parseEventId } from '../event/event-id.js';
import { LogReplay, type ReplayListener } from './resume/log-replay.js';
import { OpenTopics } from './resume/open-topics.js';
import { SnapshotRun } from './resume/snapshot.js';
import type { CursorOwner, ConnectionPort } from './binding/connection-port.js';
import type { TopicGrant } from './topic-policy.js';
import type { BusStreamOptions } from './bus-stream-options.js';
import type { StreamOutput } from './stream-output.js';
import type { BusContext } from './fan-out/bus-context.js';
import type { SubscriberContext } from './binding/subscriber-context.js';
import {
  FRESH,
  RESUMED,
  resumePointOf,
  type ResumePoint,
} from './resume/resume-point.js';
import type { PlacedStream } from './fan-out/tail.js';
import type { TopicSubscriber } from './fan-out/topic-index.js';

/**
 * The bus stream that owns its connection's cursor. It is either *live*, in the topic index, or *reading*
 * the log at its own offset: after a reconnect as after a congestion, which is why a slow client needs no
 * queue.
 */
export class BoundStream
  implements CursorOwner, TopicSubscriber, ReplayListener, PlacedStream
{
  #prepared: Promise<void> | undefined;
  #start: ResumePoint = FRESH;
  #sinceOf: TopicGrant['sinceOf'];
  #output: StreamOutput | undefined;
  #isLive = false;
  #isAnnounced = false;
  /** Where the stream stands in the log while it reads; while live, the last event that it got. */
  #after: Offset = 0;
  /** The tail's generation in which `#after` was noted. */
  #generation = 0;
  /** Where the client was when the stream began, or began anew after a reset. */
  #base: Offset = 0;
  #replayed = 0;
  #lastTransient: EventRecord | undefined;
  /** A snapshot that has not been sent to its end. */
  #owesSnapshot = false;
  #snapshot: SnapshotRun | undefined;
  #reading: LogReplay | undefined;
  /** Made when a topic ends, or when the log is read: a stream that is only live needs neither. */
  #openTopics: OpenTopics | undefined;

  constructor(
    private readonly bus: BusContext,
    readonly selector: TopicSelector,
    private readonly options: BusStreamOptions<never>,
    private readonly binding: ConnectionPort,
    private readonly context: SubscriberContext,
  ) {
    binding.bind(this);
  }

  get #topics(): OpenTopics {
    return (this.#openTopics ??= new OpenTopics(this.selector));
  }

  isBoundTo(binding: ConnectionPort): boolean {
    return binding === this.binding;
  }

  prepare(): Promise<void> {
    return (this.#prepared ??= this.#prepare());
  }

  async authorise(): Promise<void> {
    const { principal } = this.binding;
    const grant = await this.bus.policy.authorise(principal, this.selector);
    this.#sinceOf = grant.sinceOf;
  }

  /** Begins to deliver. A stream that was stopped goes on where it was. */
  start(output: StreamOutput): void {
    this.#output = output;
    this.prepare().then(
      () => {
        if (this.#output !== output) return;
        const start = this.#start;
        this.#start = RESUMED;
        this.#run(start);
      },
      (error: unknown) => output.error(error),
    );
  }

  stop(): void {
    this.bus.tail.displace(this);
    this.#leaveLive();
    this.#output = undefined;
    this.#snapshot?.stop();
    this.#snapshot = undefined;
    this.#reading?.stop();
    this.#reading = undefined;
  }

  get freshOffset(): Offset | undefined {
    const isCaughtUp =
      this.#isLive &&
      this.#output?.isDirect === true &&
      this.options.replay !== false;
    return isCaughtUp ? this.bus.tail.offset : undefined;
  }

  cursorAt(offset: Offset): string {
    return this.bus.tail.cursorAt(offset);
  }

  offsetOf(id: string): Offset | undefined {
    const cursor = parseEventId(id);
    if (cursor?.epoch !== this.bus.tail.epoch) return undefined;
    const offset = Number(cursor.offset);
    // The id of an event that came by another way, ahead of this stream, would skip what is in between.
    const reached = this.#isLive ? this.bus.tail.offset : this.#after;
    return offset <= reached ? offset : undefined;
  }

  // A record that matches several of the stream's topics and patterns comes once for each.
  deliver(record: EventRecord): void {
    if (record.order <= this.#after || record === this.#lastTransient) return;
    if (!this.binding.isWritable) {
      this.#fallBehind(record);
      return;
    }
    if (record.offset === undefined) this.#lastTransient = record;
    else this.#after = record.offset;
    this.#deliver(record);
  }

  deliverEnd(record: EventRecord, topic: string): void {
    if (record.order <= this.#after) return;
    if (this.binding.isWritable) {
      this.#after = record.order;
      this.#endTopic(topic);
    } else this.#fallBehind(record);
  }

  onReset(reason: ResetReason): void {
    this.#generation = this.bus.tail.generation;
    this.#leaveLive();
    this.#snapshot?.stop();
    this.#snapshot = undefined;
    this.#reset(reason);
  }

  get position(): Offset {
    return this.#after;
  }

  get readSelector(): TopicSelector {
    return this.#topics.selector;
  }

  onRecord(record: EventRecord): void {
    if (this.#isTooOld(record)) {
      this.#reset('max-age');
      return;
    }
    this.#after = record.order;
    const ended = endedTopic(record.topic);
    if (ended !== undefined) this.#endTopic(ended);
    else if (this.#isGranted(record)) {
      const isSent = this.#deliver(record);
      if (isSent && !this.#isAnnounced) this.#replayed++;
    }
  }

  onRead(through: Offset): void {
    this.#after = through;
  }

  onTruncated(): void {
    this.#reset('truncated');
  }

  onCaughtUp(): void {
    this.#reading = undefined;
    this.#openTopics?.doneReading();
    this.#announceLive();
    this.#isLive = true;
    this.bus.tail.subscribe(this);
  }

  onReadError(error: unknown): void {
    this.#output?.error(error);
  }

  async #prepare(): Promise<void> {
    await this.authorise();
    this.#generation = this.bus.tail.generation;
    const id = this.binding.lastEventId ?? this.options.from;
    if (id === undefined || this.options.replay === false) return;
    this.#start = await resumePointOf(id, this.bus.log, this.readSelector);
  }

  #run(start: ResumePoint): void {
    const { tail } = this.bus;
    tail.place(this);
    const isVoid = this.#generation !== tail.generation;
    this.#generation = tail.generation;
    if (start.kind === 'reset') this.#reset(start.reason);
    else if (isVoid && start.kind !== 'fresh') this.#reset(tail.resetReason);
    else if (start.kind === 'fresh' || this.#owesSnapshot) this.#startFresh();
    else {
      if (start.kind === 'resume') this.#resumeAt(start.after);
      this.#advance();
    }
  }

  // The ends that the client has seen of some of its topics are not replayed. One that stands behind the end
  // of all waits for what comes next, as one of a single topic does.
  #resumeAt(after: Offset): void {
    this.#base = this.#after = after;
    const { topics } = this.selector;
    if (topics.length < 2) return;
    const { tail } = this.bus;
    const ended = topics.filter((topic) => tail.hasEnded(topic, after));
    if (ended.length === topics.length) return;
    for (const topic of ended) this.#topics.end(topic);
  }

  #startFresh(): void {
    this.#base = this.#after = this.bus.tail.offset;
    this.#owesSnapshot = this.options.snapshot !== undefined;
    if (this.#owesSnapshot) void this.#sendSnapshot();
    else this.#advance();
  }

  #reset(reason: ResetReason): void {
    this.#reading?.stop();
    this.#isAnnounced = false;
    this.#replayed = 0;
    this.binding.sendControl(resetFrame(reason));
    this.#startFresh();
  }

  async #sendSnapshot(): Promise<void> {
    const output = this.#output;
    const snapshot = new SnapshotRun(this.binding, this.context);
    this.#snapshot = snapshot;
    try {
      const after = await snapshot.send(this.options.snapshot!);
      if (this.#snapshot !== snapshot) return;
      const cursor = after === undefined ? undefined : parseEventId(after);
      if (cursor !== undefined) {
        const check = await this.bus.log.check(cursor, this.readSelector);
        if (this.#snapshot !== snapshot) return;
        if (check.state === 'complete') this.#after = check.offset;
      }
      this.#owesSnapshot = false;
      this.#announceLive();
      this.#advance();
    } catch (error) {
      if (this.#snapshot === snapshot) output?.error(error);
    }
  }

  /** Reads on from where the stream stands, then goes live. */
  #advance(): void {
    this.#reading?.stop();
    this.#reading = new LogReplay(this.bus, this.binding, this);
    this.#reading.run();
  }

  #isGranted({ topic, publishedAt }: EventRecord): boolean {
    return this.#sinceOf === undefined || publishedAt >= this.#sinceOf(topic);
  }

  #isTooOld(record: EventRecord): boolean {
    const { replay } = this.options;
    if (this.#isAnnounced || !replay) return false;
    return record.publishedAt < Date.now() - replay.maxAgeMs;
  }

  #deliver(record: EventRecord): boolean {
    const output = this.#output;
    try {
      return output?.deliver(record) === true;
    } catch (error) {
      this.stop();
      output?.error(error);
      return false;
    }
  }

  #announceLive(): void {
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    if (this.options.replay === false) {
      this.binding.sendControl(liveFrame(0, undefined));
      return;
    }
    const offset = this.#surelySent();
    const frame = liveFrame(this.#replayed, this.cursorAt(offset));
    this.binding.sendControl(frame, offset);
  }

  // Operators may still hold what was replayed: only what they let through is surely delivered.
  #surelySent(): Offset {
    if (this.#output?.isDirect === true || this.#replayed === 0)
      return this.#after;
    const id = this.binding.lastSentId;
    const sent = id === undefined ? undefined : this.offsetOf(id);
    return Math.max(this.#base, sent ?? this.#base);
  }

  // Transient events are live only: a stream that is behind does without.
  #fallBehind(record: EventRecord): void {
    if (record.offset === undefined) return;
    this.#leaveLive();
    this.#advance();
  }

  // Maybe in the middle of a delivery, and before this stream got the record that the others have.
  #leaveLive(): void {
    if (!this.#isLive) return;
    const { tail } = this.bus;
    this.#isLive = false;
    this.#after = Math.max(this.#after, tail.deliveredOffset);
    tail.unsubscribe(this);
  }

  #endTopic(topic: string): void {
    if (!this.#topics.end(topic)) return;
    const output = this.#output;
    this.stop();
    output?.complete();
  }
}
