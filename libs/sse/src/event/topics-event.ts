import type { ResetReason } from './reset-reason.js';

/** A topic that its client may not read. */
export interface RefusedTopic {
  readonly topic: string;
  readonly code: 'TOPIC_FORBIDDEN';
}

/** What became of a change of a stream's topics. */
export interface ChangedTopics {
  /** Topics that the stream reads from now on. */
  readonly added: readonly string[];
  /** Topics that it reads no more. */
  readonly removed: readonly string[];
  readonly refused: readonly RefusedTopic[];
}

/** A topic whose history has been sent, or cannot be. */
export interface ReplayedTopic {
  readonly topic: string;
  /** How many events were sent. */
  readonly replayed: number;
  /** Why some or all of it is missing: what the client has of the topic is out of date. */
  readonly gap?: ResetReason | undefined;
}

/** The data of `stream-topics`. */
export interface StreamTopicsData extends ChangedTopics {
  /** What a request has to show in order to change the topics of this stream; in the first of these events only. */
  readonly token?: string | undefined;
  readonly replayed: readonly ReplayedTopic[];
}
