import { createHash, randomBytes } from 'node:crypto';

/** An epoch has none of `~`, so that the two forms cannot be mistaken for each other. */
const END_ID = /^end-(?:([A-Za-z0-9_-]{1,32})~)?([A-Za-z0-9_-]{22})$/;

const PROCESS = randomBytes(9).toString('base64url');

/** The id of an end, taken apart but not yet believed. */
export interface EndMark {
  /** Undefined for an end that outlives every log and process. */
  readonly epoch: string | undefined;
  /** Says what has ended, without telling it. */
  readonly digest: string;
}

/**
 * The id of the end of a handler's own source, or of a failure that is final. The same on every node and after every
 * restart, and good only for whoever asks for the same again.
 * @param resource what was asked for
 * @param principal who asked
 */
export function sourceEndId(
  resource: string,
  principal: string | undefined,
): string {
  return `end-${digestOf(['source', resource, principal ?? null])}`;
}

/** As {@link sourceEndId}, for an end that this process alone knows of, and so no longer than it lives. */
export function passingEndId(
  resource: string,
  principal: string | undefined,
): string {
  return `end-${PROCESS}~${digestOf(['source', resource, principal ?? null])}`;
}

/**
 * The id of the end of topics: good for whoever streams the very same topics of the same log. A log of another epoch
 * has not seen them end.
 */
export function topicsEndId(epoch: string, topics: readonly string[]): string {
  return `end-${epoch}~${digestOf(['topics', ...[...topics].sort()])}`;
}

/** Takes the id of an end apart; undefined if it has not the form of one. */
export function parseEndId(id: string): EndMark | undefined {
  const [, epoch, digest] = END_ID.exec(id) ?? [];
  return digest === undefined ? undefined : { epoch, digest };
}

/** 132 bits: two resources or lists of topics never share one. */
function digestOf(parts: readonly (string | null)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts))
    .digest('base64url')
    .slice(0, 22);
}
