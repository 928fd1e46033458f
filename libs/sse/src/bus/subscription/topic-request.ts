/** A topic that a client asks for. */
export interface TopicRequest {
  readonly topic: string;
  /** The id after which the topic's history is wanted; without it the topic begins where the stream stands. */
  readonly since?: string | undefined;
}

/** What a client asks of its open stream. */
export interface TopicChange {
  readonly subscribe?: readonly TopicRequest[] | undefined;
  readonly unsubscribe?: readonly string[] | undefined;
}
