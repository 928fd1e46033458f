import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { CloseReason } from './close-reason.js';

/** Is told of every stream that opens, fails and closes. Must not throw. */
export interface ConnectionObserver {
  onOpen(connection: SseConnection): void;
  onClose(connection: SseConnection, reason: CloseReason): void;
  /** A failure that ends the stream, or that its source met when it was stopped. Told before the close. */
  onError?(connection: SseConnection, error: unknown): void;
}
