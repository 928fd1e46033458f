import type { ClientCursor, LogPosition } from './event-log.js';

/** Longer ids were never ours. */
const MAX_CURSOR_LENGTH = 96;
const CURSOR = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{1,48})$/;

/** The wire id of a place in the log. */
export function formatCursor({ epoch, offset }: LogPosition): string {
  return `${epoch}.${offset}`;
}

/** Takes an id apart; undefined if it has not the form of one. */
export function parseCursor(id: string): ClientCursor | undefined {
  if (id.length > MAX_CURSOR_LENGTH) return undefined;
  const [, epoch, offset] = CURSOR.exec(id) ?? [];
  return epoch === undefined || offset === undefined
    ? undefined
    : { epoch, offset };
}
