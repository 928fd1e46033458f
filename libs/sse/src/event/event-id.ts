/** A cursor as a client sent it, taken apart but not yet believed. */
export interface ClientCursor {
  readonly epoch: string;
  readonly offset: string;
}

/** Longer ids were never ours. */
const MAX_ID_LENGTH = 96;
const EVENT_ID = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{1,48})$/;

/** The wire id of a place in the log. */
export function formatEventId(epoch: string, offset: number): string {
  return `${epoch}.${offset}`;
}

/** Takes an id apart; undefined if it has not the form of one. */
export function parseEventId(id: string): ClientCursor | undefined {
  if (id.length > MAX_ID_LENGTH) return undefined;
  const [, epoch, offset] = EVENT_ID.exec(id) ?? [];
  return epoch === undefined || offset === undefined
    ? undefined
    : { epoch, offset };
}
