import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { CloseReason } from './close-reason.js';

/** Is told of every stream that opens and closes. Must not throw. */
export interface ConnectionObserver {
  onOpen(connection: SseConnection): void;
  onClose(connection: SseConnection, reason: CloseReason): void;
}
