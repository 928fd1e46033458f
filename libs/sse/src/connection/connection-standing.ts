import type { Offset } from '../event/event-record.js';

/** How far a connection is with what it has to send. */
export interface ConnectionStanding {
  /** Whether the client reads more slowly than its stream emits: its socket takes no more at the moment. */
  readonly isCongested: boolean;
  /** Bytes that wait for the client. */
  readonly waitingBytes: number;
  /** The place in the log of a stream that has a cursor; undefined for others. */
  readonly offset: Offset | undefined;
  /** Whether a stream that has a cursor still reads what it missed, or has to wait with it. */
  readonly isBehind: boolean;
}
