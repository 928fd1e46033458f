/** One more of something that all nodes together may have only so many of. */
export interface CountClaim {
  readonly key: string;
  /** How many this node has with it. */
  readonly own: number;
  /** How many all nodes may have together. */
  readonly limit: number;
}

/** What a node says of its own counts. It is told what the others say only as far as its claims need it. */
export interface NodeCounts {
  /** How many this node has now, 0 or more. Returns at once; the others hear of it a moment later. */
  set(key: string, own: number): void;
  /**
   * Says how many this node has, and asks whether all nodes together may have that many. If they may not, the node
   * sets what it has instead.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  claim(claim: CountClaim): Promise<boolean>;
  /** Takes the node's counts out, as far as the engine can be reached. */
  leave(): Promise<void>;
}

/**
 * Counts over all nodes, for limits: an ability of logs whose engine can forget what a dead node has said. What others
 * have may be known a moment late, so that a few too many get in; nothing of a dead node is counted for longer than
 * half a minute.
 */
export interface SharedCounts {
  /** Joins as a node that has nothing yet. */
  join(): NodeCounts;
}
