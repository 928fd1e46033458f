import type { ResetReason } from '../../event/reset-reason.js';
import type { EventRecord, Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { TopicGrant } from '../topic-policy.js';
import type { ReplayListener } from './log-replay.js';
import { isGranted } from './replay-bounds.js';

/** The stream that goes on once a history is read. */
export interface HistoryOwner {
  /** Where it stands in the log, and waits meanwhile. */
  readonly position: Offset;
  onHistoryRead(history: TopicHistory): void;
  onReadError(error: unknown): void;
}

/** Is told once how a history ended: whole, or with a gap. */
export type HistoryEnd = (
  history: TopicHistory,
  gap: ResetReason | undefined,
) => void;

/**
 * What a topic that joins an open stream has from before the stream's place. It is sent without ids, because the
 * client's cursor is further already: ids that go back would have the other topics' events sent again after a cut.
 */
export class TopicHistory implements ReplayListener {
  readonly selector: TopicSelector;
  /** Set by the stream that it joins. */
  owner!: HistoryOwner;
  #replayed = 0;
  #isOver = false;

  constructor(
    readonly topic: string,
    public position: Offset,
    private readonly grant: TopicGrant,
    private readonly binding: ConnectionPort,
    private readonly onEnd: HistoryEnd,
  ) {
    this.selector = { topics: [topic], patterns: [] };
  }

  /** How many events were sent. */
  get replayed(): number {
    return this.#replayed;
  }

  get end(): Offset {
    return this.owner.position;
  }

  get readSelector(): TopicSelector {
    return this.selector;
  }

  onRecord(record: EventRecord): void {
    this.position = record.order;
    if (!isGranted({ sinceOf: this.grant.sinceOf }, record)) return;
    this.binding.sendRecord(record, false);
    this.#replayed++;
  }

  onRead(through: Offset): void {
    this.position = through;
  }

  onTruncated(): void {
    this.#finish('truncated');
    this.owner.onHistoryRead(this);
  }

  onCaughtUp(): void {
    this.#finish(undefined);
    this.owner.onHistoryRead(this);
  }

  onReadError(error: unknown): void {
    this.owner.onReadError(error);
  }

  /** The stream itself begins anew, so that this would come too late. */
  giveUp(reason: ResetReason): void {
    this.#finish(reason);
  }

  #finish(gap: ResetReason | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onEnd(this, gap);
  }
}
