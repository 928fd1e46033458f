import { SseException } from '../../base/exception.js';
import type { SsePrincipal } from '../../event/principal.js';
import { isTopic, pattern, TopicPattern } from '../../event/topic.js';

/** A principal as JSON, with all that the application put on it. */
export type StoredPrincipal = Omit<SsePrincipal, 'topics'> & {
  readonly topics?: readonly (string | { readonly pattern: string })[];
};

export function toStored(principal: SsePrincipal): StoredPrincipal {
  const { topics, expiresAt, ...others } = principal;
  // JSON has no Infinity: it would come back as null, which is over.
  const rest =
    expiresAt === undefined || expiresAt === Infinity
      ? others
      : { ...others, expiresAt };
  if (topics === undefined) return rest;
  return {
    ...rest,
    topics: topics.map((topic) =>
      typeof topic === 'string' ? topic : { pattern: topic.text },
    ),
  };
}

export function fromStored({ topics, ...rest }: StoredPrincipal): SsePrincipal {
  if (topics === undefined) return rest;
  return {
    ...rest,
    topics: topics.map((topic) =>
      typeof topic === 'string' ? topic : pattern(topic.pattern),
    ),
  };
}

const UNIT = 'milliseconds since the Unix epoch';

/** Nothing that was issued for use ends before it, and a time of our days in seconds is far below. */
const YEAR_2001_MS = Date.UTC(2001, 0);

/**
 * Refuses what an authenticator got wrong, before it grants too much or nothing at all.
 * @throws SseException `INVALID_OPTIONS`
 */
export function assertPrincipal(principal: SsePrincipal): void {
  const { id, expiresAt, topics } = principal;
  if (typeof id !== 'string' || id === '')
    throw invalid('id must be a string that is not empty');
  if (
    expiresAt !== undefined &&
    (typeof expiresAt !== 'number' || Number.isNaN(expiresAt))
  )
    throw invalid(`expiresAt must be a number: ${UNIT}`);
  if (expiresAt !== undefined && expiresAt > 0 && expiresAt < YEAR_2001_MS) {
    throw invalid(
      `expiresAt is ${expiresAt}, in seconds perhaps? It has to be ${UNIT}, such as exp * 1000`,
    );
  }
  if (topics === undefined) return;
  if (!Array.isArray(topics)) throw invalid('topics must be an array');
  if (!topics.every((topic) => topic instanceof TopicPattern || isTopic(topic)))
    throw invalid('topics must hold topics, and patterns made by pattern()');
}

function invalid(message: string): SseException {
  return new SseException(
    'INVALID_OPTIONS',
    `The authenticator gave no sound principal: ${message}.`,
  );
}
