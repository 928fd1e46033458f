import type { StreamInfo } from '@nats-io/jetstream';
import type { LogPosition } from '../event-log.js';
import type { EngineListener } from '../remote/log-engine.js';
import { judgeLog, type KnownMessage, type LogVerdict } from './log-check.js';
import { EpochStore, type EpochState } from './log-epoch.js';
import { ensureStream } from './log-stream.js';
import { offsetOfSequence } from './message-codec.js';
import type { NatsLink } from './nats-link.js';
import type { NatsSettings } from './nats-settings.js';

/** What this node knows of the log: its epoch, how far it followed, and what it had acknowledged beyond that. */
export class FollowedLog {
  readonly #epochs: EpochStore;
  #state: EpochState | undefined;
  #followed: KnownMessage = { sequence: 0, body: undefined };
  #acknowledged: KnownMessage | undefined;

  /** @param before what was known by another connection */
  constructor(
    private readonly link: NatsLink,
    private readonly settings: NatsSettings,
    before?: FollowedLog,
  ) {
    this.#epochs = new EpochStore(link, settings);
    if (before === undefined) return;
    this.#state = before.#state;
    this.#followed = before.#followed;
    this.#acknowledged = before.#acknowledged;
  }

  get epoch(): string {
    return this.#known.epoch;
  }

  /** When the stream was made. */
  get created(): string {
    return this.#known.created;
  }

  /** The newest message that was followed. */
  get followed(): number {
    return this.#followed.sequence;
  }

  noteFollowed(message: KnownMessage): void {
    this.#followed = message;
  }

  noteAcknowledged(message: KnownMessage): void {
    if (message.sequence > (this.#acknowledged?.sequence ?? 0))
      this.#acknowledged = message;
  }

  /** Finds the stream or makes it, and begins at its head. */
  async begin(): Promise<LogPosition> {
    const { link, settings } = this;
    const info = await ensureStream(link.jsm, settings);
    this.#state = await this.#epochs.stateFor(info.created);
    const { last_seq: last } = info.state;
    const newest =
      last === 0
        ? null
        : await link.jsm.streams.getMessage(settings.stream, { seq: last });
    return this.#startAt(last, newest?.data);
  }

  /** Whether the log can be followed on as it was. */
  async isSound(): Promise<boolean> {
    const followed = this.#followed.sequence;
    const verdict = await this.#judge();
    return (
      verdict.kind === 'same' && verdict.info.state.first_seq <= followed + 1
    );
  }

  /**
   * Makes sure that the log goes on where this node stands, or tells the listener where it does.
   * @param gap the next message, where some are missing before it
   */
  async catchUp(listener: EngineListener, gap?: number): Promise<void> {
    const verdict = await this.#judge();
    switch (verdict.kind) {
      case 'same': {
        const next = Math.max(gap ?? 0, verdict.info.state.first_seq);
        if (next <= this.followed + 1) return;
        listener.onReset(this.#startAt(next - 1), 'truncated');
        return;
      }
      case 'missing': {
        const info = await ensureStream(this.link.jsm, this.settings);
        const state = await this.#epochs.stateFor(info.created);
        return this.#restart(info, state, listener);
      }
      case 'epoch':
        return this.#restart(verdict.info, verdict.state, listener);
      case 'lost': {
        const { info, state } = verdict;
        const renewed = await this.#epochs.renew(state, info.created);
        return this.#restart(info, renewed, listener);
      }
    }
  }

  #judge(): Promise<LogVerdict> {
    const messages =
      this.#acknowledged !== undefined &&
      this.#acknowledged.sequence > this.#followed.sequence
        ? [this.#followed, this.#acknowledged]
        : [this.#followed];
    const known = { state: this.#known, messages };
    return judgeLog(this.link, this.settings.stream, this.#epochs, known);
  }

  #restart(
    { state: { last_seq: last } }: StreamInfo,
    state: EpochState,
    listener: EngineListener,
  ): void {
    this.#state = state;
    listener.onReset(this.#startAt(last), 'epoch');
  }

  #startAt(sequence: number, body?: Uint8Array): LogPosition {
    this.#followed = { sequence, body };
    this.#acknowledged = undefined;
    return { epoch: this.epoch, offset: offsetOfSequence(sequence) };
  }

  get #known(): EpochState {
    if (this.#state === undefined)
      throw new Error('The log is asked for its epoch before it has begun.');
    return this.#state;
  }
}
