import { SseException } from '../../base/exception.js';

/** Replies that say: this server cannot do it now, and has done nothing. Another connection may find the right one. */
const MOVED_ON =
  /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|NOSCRIPT|UNBLOCKED)\b/;

/** Replies about credentials. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM)\b|^ERR (invalid password|AUTH )/;

/** The first word of a reply, and what to do about it. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /\bOOM\b/,
    'Redis is at its memory limit: raise maxmemory, or keep fewer events (maxEvents, maxAgeMs).',
  ],
  [
    /\bMISCONF\b/,
    'Redis cannot save to disk and therefore refuses writes: mend its disk, see its log.',
  ],
  [
    /\bNOREPLICAS\b/,
    'Redis has fewer replicas than its min-replicas-to-write: bring them back.',
  ],
  [
    /\bWRONGTYPE\b/,
    'The keys of this log hold something else: choose another prefix.',
  ],
  [
    /\bNOPERM\b/,
    'The user of this connection may not do it: allow it the keys {prefix}:* (with the braces), and +@read +@write +@scripting +@connection +time +role +info.',
  ],
  [
    /^(WRONGPASS|NOAUTH)\b|^ERR (invalid password|AUTH )/,
    'The credentials are wrong: check user and password of the URL or client.',
  ],
  [
    /\bREADONLY\b/,
    'This server is a replica: connect to the master, or through Sentinel or Cluster.',
  ],
];

/** Whether something is a reply of the server, as opposed to a broken connection. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether the server did nothing, and another connection should be tried. */
export function isMovedOn(error: unknown): boolean {
  return isReply(error) && MOVED_ON.test(wordsOf(error));
}

/** Whether waiting does not help: somebody has to change something. */
export function isUnsuitable(error: unknown): boolean {
  return isReply(error) && /\bWRONGTYPE\b/.test(error.message);
}

export function isRefused(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message);
}

/** What a failure says, in one line, with the remedy where there is one. Holds no credentials. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? wordsOf(error) : String(error);
  const remedy = REMEDIES.find(([form]) => form.test(message))?.[1];
  const short = message.replaceAll(/\s+/g, ' ').slice(0, 200);
  return remedy === undefined ? short : `${remedy} (${short})`;
}

/** The exception for a call that could not be answered. */
export function unavailable(error: unknown): SseException {
  return new SseException(
    isUnsuitable(error) ? 'LOG_UNSUITABLE' : 'LOG_UNAVAILABLE',
    `The Redis of the event log: ${explain(error)}`,
    { cause: error },
  );
}

// Scripts put a word of their own before what a command in them said.
function wordsOf(error: Error): string {
  return error.message.replace(
    /^ERR Error running script[^:]*: (@\S+: )?(\d+: )?-?/,
    '',
  );
}
