import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { ResetReason } from '../event/reset-reason.js';
import type { CloseReason } from './close-reason.js';

/** Is told of every stream that opens, fails and closes. Must not throw. */
export interface ConnectionObserver {
  onOpen(connection: SseConnection): void;
  onClose(connection: SseConnection, reason: CloseReason): void;
  /** The client was told that its place in the log is gone. */
  onReset?(connection: SseConnection, reason: ResetReason): void;
  /** A failure that ends the stream, or that its source met when it was stopped. Told before the close. */
  onError?(connection: SseConnection, error: unknown): void;
}
