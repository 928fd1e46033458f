import type { EventRecord, Offset } from '../event/event-record.js';
import type { ResetReason } from '../event/reset-reason.js';
import { topicsEndId } from '../event/end-id.js';
import type { TopicSelector } from '../event/topic.js';
import { endedTopic, SelectorWithEnds } from '../log/control-topic.js';
import { parseEventId, type ClientCursor } from '../event/event-id.js';
import { LiveAnnouncement } from './resume/live-announcement.js';
import { CatchUp, type CatchingUp } from './resume/catch-up.js';
import { isGranted, isTooOld } from './resume/replay-bounds.js';
import type { SnapshotEnd } from './resume/snapshot.js';
import type { TopicHistory } from './resume/topic-history.js';
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
  seenIn,
  type ResumePoint,
} from './resume/resume-point.js';
import type { PlacedStream } from './fan-out/tail.js';
import type { TopicSubscriber } from './fan-out/topic-index.js';

const ALL: TopicGrant = {};

/**
 * The bus stream that owns its connection's cursor.
 *
 *     prepared ─▶ snapshot? ─▶ reading ─▶ announced (stream-live) ─▶ live ⇄ reading (the client is congested)
 *     any ─▶ reset (stream-reset) ─▶ snapshot, or reading
 *     any ─▶ stopped; start() goes on where it stood
 *     any ─▶ over, with the end of the last of its topics
 *
 * While it reads, it stands at its own place in the log: after a reconnect as after a congestion, which is why a slow
 * client needs no queue.
 */
export class BoundStream
  implements CursorOwner, TopicSubscriber, CatchingUp, PlacedStream
{
  #prepared: Promise<void> | undefined;
  #start: ResumePoint = FRESH;
  #grant: TopicGrant = ALL;
  #output: StreamOutput | undefined;
  isLive = false;
  #isOver = false;
  resets = 0;
  /** Where the stream stands in the log while it reads; while live, the last event that it got. */
  #after: Offset = 0;
  /** The tail's generation in which `#after` was noted. */
  #generation = 0;
  #lastTransient: EventRecord | undefined;
  /** A cursor of an epoch that this node did not know. */
  #foreign: ClientCursor | undefined;
  readonly #catchUp: CatchUp;
  readonly #announcement: LiveAnnouncement;

  constructor(
    private readonly bus: BusContext,
    public selector: TopicSelector,
    readonly options: BusStreamOptions<never>,
    readonly binding: ConnectionPort,
    private readonly context: SubscriberContext,
  ) {
    this.#catchUp = new CatchUp(bus, this, context);
    this.#announcement = new LiveAnnouncement(binding, this, options);
    binding.bind(this);
  }

  prepare(): Promise<void> {
    return (this.#prepared ??= this.#prepare());
  }

  async authorise(): Promise<void> {
    const { principal } = this.binding;
    this.#grant = await this.bus.policy.authorise(principal, this.selector);
  }

  /** Reads these topics from its place on, and before that what the histories have of some of them. */
  change(selector: TopicSelector, histories: readonly TopicHistory[]): void {
    const isOn = this.isLive || this.#catchUp.isOn;
    this.#halt();
    this.selector = selector;
    this.#catchUp.histories = histories;
    if (isOn) this.#catchUp.run();
  }

  /** Begins to deliver. A stream that was stopped goes on where it was. */
  start(output: StreamOutput): void {
    this.#output = output;
    this.prepare().then(
      () => {
        if (this.#output !== output) return;
        const start = this.#start;
        if (start.kind !== 'over') this.#start = RESUMED;
        this.#run(start);
      },
      (error: unknown) => output.error(error),
    );
  }

  stop(): void {
    this.bus.tail.displace(this);
    this.#halt();
    this.#output = undefined;
  }

  get wasOver(): boolean {
    return this.#start.kind === 'over';
  }

  get endId(): string | undefined {
    return this.#isOver
      ? topicsEndId(this.bus.tail.epoch, this.selector.topics)
      : undefined;
  }

  get freshOffset(): Offset | undefined {
    const isTold = this.#isDirect && this.options.replay !== false;
    return this.isLive && isTold ? this.bus.tail.offset : undefined;
  }

  cursorAt(offset: Offset): string {
    return this.bus.tail.cursorAt(offset);
  }

  offsetOf(id: string): Offset | undefined {
    const cursor = parseEventId(id);
    if (cursor?.epoch !== this.bus.tail.epoch) return undefined;
    const offset = Number(cursor.offset);
    // The id of an event that came by another way, ahead of this stream, would skip what is in between.
    const reached = this.isLive ? this.bus.tail.offset : this.#after;
    return offset <= reached ? offset : undefined;
  }

  // A record that matches several of the topics and patterns comes once for each.
  deliver(record: EventRecord): void {
    if (record.order <= this.#after || record === this.#lastTransient) return;
    if (this.binding.isCongested) {
      this.#fallBehind(record);
      return;
    }
    if (record.offset === undefined) this.#lastTransient = record;
    else this.#after = record.offset;
    this.#deliver(record);
  }

  deliverEnd(record: EventRecord): void {
    if (record.order <= this.#after) return;
    if (this.binding.isCongested) this.#fallBehind(record);
    else this.#passEnd(record);
  }

  get position(): Offset {
    return this.#after;
  }

  get end(): Offset {
    return this.bus.tail.offset;
  }

  get readSelector(): TopicSelector {
    return new SelectorWithEnds(this.selector);
  }

  onRecord(record: EventRecord): void {
    if (!this.#announcement.isMade && isTooOld(this.options, record)) {
      this.#reset('max-age');
      return;
    }
    if (endedTopic(record.topic) !== undefined) {
      this.#passEnd(record);
      return;
    }
    this.#after = record.order;
    if (!isGranted(this.#grant, record)) return;
    if (this.#deliver(record)) this.#announcement.count();
  }

  onRead(through: Offset): void {
    this.#after = through;
  }

  onReset(reason: ResetReason): void {
    this.#generation = this.bus.tail.generation;
    this.#reset(reason, this.#takeSeen());
  }

  onTruncated(): void {
    this.#reset('truncated');
  }

  onCaughtUp(): void {
    this.#catchUp.stop();
    this.#announcement.make(this.#after, this.#isDirect);
    this.isLive = true;
    this.bus.tail.subscribe(this);
  }

  onReadError(error: unknown): void {
    this.#output?.error(error);
  }

  onSnapshotSent({ after, gap }: SnapshotEnd): void {
    if (after !== undefined) this.#after = after;
    if (gap !== undefined) this.binding.sendReset(gap);
    this.#announcement.make(this.#after, this.#isDirect);
  }

  async #prepare(): Promise<void> {
    await this.authorise();
    this.#generation = this.bus.tail.generation;
    const id = this.binding.lastEventId ?? this.options.from;
    if (id !== undefined) this.#start = await resumePointOf(id, this.bus, this);
  }

  #run(start: ResumePoint): void {
    const { tail } = this.bus;
    tail.place(this);
    const isVoid = this.#generation !== tail.generation;
    this.#generation = tail.generation;
    if (start.kind === 'over') this.#complete();
    else if (start.kind === 'reset') {
      this.#foreign = start.cursor;
      this.#reset(start.reason, start.seen ?? this.#takeSeen());
    } else if (isVoid && start.kind !== 'fresh') this.#reset(tail.resetReason);
    else {
      if (start.kind === 'fresh') this.#beginAnew();
      else if (start.kind === 'resume') this.#beginAt(start.after);
      this.#catchUp.run();
    }
  }

  #takeSeen(): Offset | undefined {
    const seen = seenIn(this.bus.tail.epoch, this.#foreign);
    if (seen !== undefined) this.#foreign = undefined;
    return seen;
  }

  /** The log cannot serve this stream's place any more: tells the client so, and begins anew. */
  #reset(reason: ResetReason, seen?: Offset): void {
    this.#halt();
    this.resets++;
    this.#beginAnew(seen);
    this.binding.sendReset(reason);
    this.#catchUp.giveUpHistories(reason);
    // What the operators still hold of before must not come after it.
    const isRestarted =
      this.#output?.mayHold === true &&
      this.context.run(() => this.binding.restart());
    if (!isRestarted) this.#catchUp.run();
  }

  #beginAnew(seen: Offset = 0): void {
    this.#beginAt(Math.max(this.bus.tail.offset, seen));
    this.#catchUp.owesSnapshot = this.options.snapshot !== undefined;
  }

  #beginAt(place: Offset): void {
    this.#after = place;
    this.#announcement.begin(place);
  }

  #halt(): void {
    this.#leaveLive();
    this.#catchUp.stop();
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

  get #isDirect(): boolean {
    return this.#output?.isDirect === true;
  }

  // Transient events are live only: a stream that is behind does without.
  #fallBehind(record: EventRecord): void {
    if (record.offset === undefined) return;
    this.#leaveLive();
    this.#catchUp.run();
  }

  // May run while the tail is delivering record N and this stream has not had N yet: it continues after N-1
  // (`deliveredOffset`), not after N.
  #leaveLive(): void {
    if (!this.isLive) return;
    const { tail } = this.bus;
    this.isLive = false;
    this.#after = Math.max(this.#after, tail.deliveredOffset);
    tail.unsubscribe(this);
  }

  // Whether the stream is over depends on the log alone, and not on when this client came.
  #passEnd(record: EventRecord): void {
    this.#after = record.order;
    const { tail } = this.bus;
    if (!this.options.staysOpen && tail.isOver(this.selector, record.order))
      this.#complete();
  }

  #complete(): void {
    const output = this.#output;
    this.#isOver = true;
    this.stop();
    output?.complete();
  }
}
