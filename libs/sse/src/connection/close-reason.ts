/** What ended a stream. */
export type CloseReason =
  | 'client'
  | 'complete'
  | 'error'
  | 'slow'
  | 'stalled'
  | 'lifetime'
  | 'drain'
  /** The principal's time was over. */
  | 'expired'
  /** The principal may not be connected, or not read its topics, any more. */
  | 'revoked'
  /** `SseConnections.disconnect()` */
  | 'disconnect'
  | 'server';
