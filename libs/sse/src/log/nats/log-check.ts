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
  readonly state: EpochState;
  readonly messages: readonly KnownMessage[];
}

export type LogVerdict =
  | { readonly kind: 'same'; readonly info: StreamInfo }
  /** Another node has given the log a new epoch, or there is another stream. */
  | {
      readonly kind: 'epoch';
      readonly info: StreamInfo;
      readonly state: EpochState;
    }
  /** The stream is older than what this node knows of it. */
  | {
      readonly kind: 'lost';
      readonly info: StreamInfo;
      readonly state: EpochState;
    }
  | { readonly kind: 'missing' };

/**
 * Whether the stream is the one that this node has followed. A stream that was made anew, or came back without its
 * newest messages, gives the same sequence numbers to others, and no consumer says so.
 */
export async function judgeLog(
  { jsm }: NatsLink,
  stream: string,
  epochs: EpochStore,
  known: KnownLog,
): Promise<LogVerdict> {
  const info = await findStream(jsm, stream);
  if (info === undefined) return { kind: 'missing' };
  const state = await epochs.stateFor(info.created);
  // The bucket itself has come back older: an epoch that was over must not begin again.
  const isOlder = state.revision < known.state.revision;
  if (state.epoch !== known.state.epoch && !isOlder)
    return { kind: 'epoch', info, state };
  for (const { sequence, body } of known.messages) {
    if (isOlder || sequence > info.state.last_seq)
      return { kind: 'lost', info, state };
    if (body === undefined || sequence < info.state.first_seq) continue;
    const message = await jsm.streams.getMessage(stream, { seq: sequence });
    // One that was deleted by hand, or trimmed meanwhile, proves nothing.
    if (message !== null && Buffer.compare(message.data, body) !== 0)
      return { kind: 'lost', info, state };
  }
  return { kind: 'same', info };
}
