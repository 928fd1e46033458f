import type { StreamState } from '@nats-io/jetstream';
import type { LogPosition } from '../event-log.js';
import type { EngineListener } from '../remote/log-engine.js';
import { markEpoch } from './epoch-marker.js';
import { FollowWaiters } from './follow-waiters.js';
import { judgeLog, type KnownMessage, type LogVerdict } from './log-check.js';
import { EpochStore, type EpochState } from './log-epoch.js';
import { afterRemoval, ensureStream } from './log-stream.js';
import { offsetOfSequence } from './message-codec.js';
import type { NatsLink } from './nats-link.js';
import type { NatsSettings } from './nats-settings.js';

/** What this node knows of the log: its epoch, how far it followed, and what it had acknowledged beyond that. */
export class FollowedLog {
  readonly #past = new Set<string>();
  readonly #waiters = new FollowWaiters();
  #epochs!: EpochStore;
  #state: EpochState | undefined;
  #followed: KnownMessage = { sequence: 0, body: undefined };
  #acknowledged: KnownMessage | undefined;

  constructor(
    private link: NatsLink,
    private readonly settings: NatsSettings,
  ) {
    this.use(link);
  }

  /** Goes on by another connection. */
  use(link: NatsLink): void {
    this.link = link;
    this.#epochs = new EpochStore(link, this.settings);
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
    this.#waiters.followed(message.sequence);
  }

  /**
   * Notes what was acknowledged, and waits until it was followed: then it is clear which epoch it is of.
   * @returns the epoch; undefined if another one began meanwhile, so that this cannot be told
   */
  async acknowledged(
    message: KnownMessage,
    limitMs: number,
  ): Promise<string | undefined> {
    const { sequence } = message;
    if (sequence > (this.#acknowledged?.sequence ?? 0))
      this.#acknowledged = message;
    const isPassedOver =
      sequence > this.followed && (await this.#waiters.wait(sequence, limitMs));
    return isPassedOver ? undefined : this.epoch;
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
    const { followed } = this;
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
        await afterRemoval();
        const { created, state } = await ensureStream(
          this.link.jsm,
          this.settings,
        );
        const epoch = await this.#epochs.stateFor(created);
        return this.#restart(state, epoch, listener);
      }
      case 'epoch':
        return this.#restart(verdict.info.state, verdict.state, listener);
      case 'lost': {
        const { info, state } = verdict;
        const renewed = await this.#epochs.renew(state, info.created);
        return this.#restart(info.state, renewed, listener);
      }
    }
  }

  #judge(): Promise<LogVerdict> {
    const { epoch } = this;
    const acknowledged = this.#acknowledged;
    const messages =
      acknowledged !== undefined && acknowledged.sequence > this.followed
        ? [this.#followed, acknowledged]
        : [this.#followed];
    const known = { epoch, past: this.#past, messages };
    return judgeLog(this.link, this.settings.stream, this.#epochs, known);
  }

  async #restart(
    { first_seq: first }: StreamState,
    state: EpochState,
    listener: EngineListener,
  ): Promise<void> {
    const { stream } = this.settings;
    const marker = await markEpoch(this.link, stream, state.epoch);
    this.#past.add(this.epoch);
    this.#state = state;
    this.#waiters.passOver();
    const position = this.#startAt(Math.max(marker, first - 1));
    listener.onReset(position, 'epoch');
  }

  #startAt(sequence: number, body?: Uint8Array): LogPosition {
    this.#acknowledged = undefined;
    this.noteFollowed({ sequence, body });
    return { epoch: this.epoch, offset: offsetOfSequence(sequence) };
  }

  get #known(): EpochState {
    if (this.#state === undefined)
      throw new Error('The log is asked for its epoch before it has begun.');
    return this.#state;
  }
}
