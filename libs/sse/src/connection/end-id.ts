import { createHash } from 'node:crypto';

const PREFIX = 'end-';

/**
 * The id of a stream's end: the same for every end of one URL path, on every node and after every
 * restart, so that a client that comes back with it can be told that there is nothing more.
 */
export function endIdOf(path: string): string {
  return (
    PREFIX + createHash('sha256').update(path).digest('base64url').slice(0, 16)
  );
}

/** Whether a client comes back to an end it was told of. */
export function isEndOf(
  path: string,
  lastEventId: string | undefined,
): boolean {
  return (
    lastEventId?.startsWith(PREFIX) === true && lastEventId === endIdOf(path)
  );
}
