import type { SseMessage } from '../../event/message.js';

/** Names the events of a source that has no log. */
export interface EventIdGenerator {
  /**
   * @param message what is about to be sent, without an id
   * @param previous the id before it on this connection; at first the one the client came with
   */
  (message: SseMessage, previous: string | undefined): string;
}

/** Counts on from the client's last id, or from 1. */
export const countingIds: EventIdGenerator = (_message, previous) => {
  const last =
    previous !== undefined && /^\d{1,15}$/.test(previous)
      ? Number(previous)
      : 0;
  return String(last + 1);
};
