import type { CloseReason } from './close-reason.js';
import type { StreamConnection } from './stream-connection.js';

/** Is told of every stream that opens and closes. Must not throw. */
export interface ConnectionObserver {
  onOpen(connection: StreamConnection): void;
  onClose(connection: StreamConnection, reason: CloseReason): void;
}
