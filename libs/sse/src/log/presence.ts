/** A stream that is open on some node, as all nodes know it. */
export interface PresentConnection {
  readonly id: string;
  /** The node it is connected to: the host's name, the process id and something at random. */
  readonly node: string;
  /** The principal's id; undefined on routes without authentication. */
  readonly principal: string | undefined;
  readonly address: string | undefined;
  /** `Controller.method` */
  readonly route: string;
  /** The topics and patterns of its bus streams. */
  readonly topics: readonly string[];
  /** When the request arrived, in milliseconds since the Unix epoch. */
  readonly openedAt: number;
}

/** What a node says of its own streams. Every call returns at once; the engine hears of it a moment later. */
export interface PresenceNode {
  readonly id: string;
  add(connection: PresentConnection): void;
  delete(id: string): void;
  /** Takes the node and its streams out, as far as the engine can be reached. */
  leave(): Promise<void>;
}

/**
 * Who is connected to which node: an ability of logs whose engine can forget what a dead node has said. What it
 * tells may be a moment old.
 */
export interface Presence {
  /** Joins as a node. Its streams are known until it leaves, and half a minute at most after it died. */
  join(): PresenceNode;
  /**
   * The streams of all nodes.
   * @throws SseException `LOG_UNAVAILABLE`
   */
  list(): Promise<readonly PresentConnection[]>;
}
