import { SseException, type SseErrorCode } from '../../base/exception.js';
import { messageOf } from '../../base/log-error.js';

// Codes of the JetStream API (nats-server's errors.json) that ask for something of the operator.
const JETSTREAM_OFF = 10_039;
const STREAM_NOT_FOUND = 10_059;
const WRONG_LAST_SEQUENCE = 10_071;
const TOO_MANY_REPLICAS = 10_074;
const NO_SUITABLE_PEERS = 10_005;
const OVERLAPPING_SUBJECTS = 10_065;
const NO_STORAGE = 10_047;
const NO_MEMORY = 10_028;

/** The code of an answer of the JetStream API. */
export function apiCodeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'number') return code;
  return typeof cause === 'object' && cause !== null
    ? apiCodeOf(cause)
    : undefined;
}

export function isStreamMissing(error: unknown): boolean {
  return apiCodeOf(error) === STREAM_NOT_FOUND;
}

/** Whether another one has written to a key in the meantime. */
export function isOutrun(error: unknown): boolean {
  return apiCodeOf(error) === WRONG_LAST_SEQUENCE;
}

/** Nobody listens there: no stream takes this subject, or it has no leader at the moment. */
export function isNoResponders(error: unknown): boolean {
  return nameChain(error).some((name) =>
    ['NoResponders', 'JetStreamNotEnabled'].includes(name),
  );
}

function nameChain(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { name, cause } = error as { name?: unknown; cause?: unknown };
  return [String(name), ...nameChain(cause)];
}

/** What the operator has to do, by what the server answered. */
const REMEDIES: Readonly<Record<number, string>> = {
  [TOO_MANY_REPLICAS]:
    'replicas above 1 need a cluster of that many JetStream servers: start one, or set replicas to 1',
  [NO_SUITABLE_PEERS]:
    'the cluster has not enough JetStream servers with room for this many replicas: add servers, or lower replicas',
  [OVERLAPPING_SUBJECTS]:
    'another stream takes the same subjects: choose another name with the option stream',
  [NO_STORAGE]:
    'the server has no room for maxBytes: lower it, or raise max_file_store of the server or the limit of the account',
  [NO_MEMORY]:
    'the server has no memory for maxBytes: lower it, or raise max_memory_store of the server or the limit of the account',
};

/**
 * Why the log cannot start, with what to do.
 * @returns `LOG_UNSUITABLE` if it will be the same the next time, else `LOG_UNAVAILABLE`
 */
export function startError(
  error: unknown,
  where: string,
  hasJetStream: boolean | undefined,
): SseException {
  if (error instanceof SseException) return error;
  const fail = (code: SseErrorCode, text: string): SseException =>
    new SseException(code, text, { cause: error });
  const names = nameChain(error);
  const code = apiCodeOf(error);
  if (code !== undefined && REMEDIES[code] !== undefined) {
    return fail(
      'LOG_UNSUITABLE',
      `NATS at ${where} refuses the stream (${messageOf(error)}): ${REMEDIES[code]}.`,
    );
  }
  if (
    code === JETSTREAM_OFF ||
    (names.includes('JetStreamNotEnabled') && hasJetStream === false)
  ) {
    return fail(
      'LOG_UNSUITABLE',
      `NATS at ${where} has JetStream turned off: start nats-server with -js and a -sd directory, ` +
        'or enable jetstream in its configuration and for this account.',
    );
  }
  if (names.includes('PermissionViolationError')) {
    return fail(
      'LOG_UNSUITABLE',
      `NATS at ${where} does not permit what the log needs (${messageOf(error)}): allow this user to publish to ` +
        "$JS.API.>, to the stream's subjects and to $KV.>, and to subscribe to _INBOX.>.",
    );
  }
  if (names.includes('AuthorizationError')) {
    return fail(
      'LOG_UNAVAILABLE',
      `NATS at ${where} refuses the credentials: give user and password in the URL, or an authenticator in connect.`,
    );
  }
  return fail(
    'LOG_UNAVAILABLE',
    `NATS at ${where} cannot be reached (${messageOf(error)}): start nats-server -js there, correct servers, ` +
      "or start without it by startup: 'wait'.",
  );
}
