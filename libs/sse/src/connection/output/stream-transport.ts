import type { Batch } from './batch.js';

/** What a connection wants to hear from its transport. */
export interface TransportListener {
  /** The client took what was written; not called while nothing was refused. */
  onDrain(): void;
  /** The response is over, whoever ended it. Called once. */
  onClose(): void;
}

/** The HTTP response under a connection. */
export interface StreamTransport {
  /** Sends status and headers with the first blocks. Gives what {@link write} gives. */
  open(
    headers: Readonly<Record<string, string | string[]>>,
    batch: Batch,
  ): boolean;
  /** False once the client does not keep up: then wait for `onDrain`. What was written is accepted anyway. */
  write(batch: Batch): boolean;
  /** Bytes that wait for the client. */
  readonly backlog: number;
  /** Bytes that the client has taken so far, give or take what the protocol adds. Grows whenever it takes something. */
  readonly taken: number;
  readonly isClosed: boolean;
  /** Ends the response after what was written. */
  end(): void;
  /** Ends the response and lets go of the connection under it as soon as all is written. */
  endForGood(): void;
  destroy(): void;
}
