import type { StreamInfo } from '@nats-io/jetstream';
import type { EpochState, EpochStore } from './log-epoch.js';
import { findStream } from './log-stream.js';
import type { NatsLink } from './nats-link.js';

/** A message that this node followed, or had acknowledged. */
export interface KnownMessage {
  readonly sequence: number;
  /** Undefined where the node only knows that there was one. */
  readonly body: Uint8Array | undefined;
}

/** What a node knows of the log, to be compared with what the server says. */
export interface KnownLog {
  readonly epoch: string;
  /** Epochs that this node knows to be over. */
  readonly past: ReadonlySet<string>;
  readonly messages: readonly KnownMessage[];
}

export type LogVerdict =
  | { readonly kind: 'missing' }
  /** `same`; `epoch`: the log has another one by now; `lost`: it is older than what this node knows, and needs one. */
  | {
      readonly kind: 'same' | 'epoch' | 'lost';
      readonly info: StreamInfo;
      readonly state: EpochState;
    };

/**
 * Whether the stream is the one that this node has followed. A stream that was made anew, or came back without its
 * newest messages, gives the same sequence numbers to others, and no consumer says so.
 */
export async function judgeLog(
  { jsm }: NatsLink,
  stream: string,
  epochs: EpochStore,
  { epoch, past, messages }: KnownLog,
): Promise<LogVerdict> {
  const info = await findStream(jsm, stream);
  if (info === undefined) return { kind: 'missing' };
  const state = await epochs.stateFor(info.created);
  const found = { info, state };
  // The bucket may have come back older as well: what was over must not begin again.
  if (past.has(state.epoch)) return { kind: 'lost', ...found };
  if (state.epoch !== epoch) return { kind: 'epoch', ...found };
  for (const { sequence, body } of messages) {
    if (sequence > info.state.last_seq) return { kind: 'lost', ...found };
    if (body === undefined || sequence < info.state.first_seq) continue;
    const message = await jsm.streams.getMessage(stream, { seq: sequence });
    // One that was deleted by hand, or trimmed meanwhile, proves nothing.
    if (message !== null && Buffer.compare(message.data, body) !== 0)
      return { kind: 'lost', ...found };
  }
  return { kind: 'same', ...found };
}
