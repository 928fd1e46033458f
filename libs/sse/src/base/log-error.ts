import type { LoggerService } from '@nestjs/common';

/** Characters of one message; HTTP clients put whole answers into theirs. */
const MAX_MESSAGE_LENGTH = 2_000;

/** Causes of causes that are told. */
const MAX_CAUSES = 3;

/**
 * Logs a failure: the messages and stacks of an error and of its causes, and nothing else. What else errors
 * carry is not for a log: those of HTTP clients and databases hold the request with its `Authorization`
 * header, or the query with its parameters.
 * @param what failed, without a full stop
 */
export function logError(
  logger: Pick<LoggerService, 'error'>,
  what: string,
  error: unknown,
): void {
  const message = `${oneLine(what)}: ${messageOf(error)}`;
  const stack = stackOf(error);
  if (stack === undefined) logger.error(message);
  else logger.error(message, stack);
}

/** The message of whatever was thrown, in one line. */
export function messageOf(error: unknown): string {
  if (typeof error === 'string') return oneLine(error);
  if (isErrorLike(error)) return oneLine(error.message) || nameOf(error);
  if (typeof error === 'object' && error !== null)
    return `${oneLine(error.constructor?.name ?? 'an object')} was thrown, which is no error`;
  return oneLine(String(error));
}

/** Text that cannot begin a line of its own in a log, or speak to a terminal. */
export function oneLine(text: string): string {
  const short =
    text.length <= MAX_MESSAGE_LENGTH
      ? text
      : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
  return short.replaceAll(
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g,
    (character) => NAMED[character] ?? codeOf(character),
  );
}

const NAMED: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message: string;
  readonly stack?: unknown;
  readonly cause?: unknown;
}

// By its form: errors of other realms, as under Jest, are no instances of this one's Error.
function isErrorLike(error: unknown): error is ErrorLike {
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof (error as { message?: unknown }).message === 'string'
  );
}

function nameOf({ name }: ErrorLike): string {
  return typeof name === 'string' && name !== '' ? oneLine(name) : 'Error';
}

function stackOf(error: unknown): string | undefined {
  const parts: string[] = [];
  let one = error;
  while (isErrorLike(one) && parts.length <= MAX_CAUSES) {
    const head = `${nameOf(one)}: ${oneLine(one.message)}`;
    parts.push([head, ...framesOf(one)].join('\n'));
    one = one.cause;
  }
  return parts.length === 0 ? undefined : parts.join('\nCaused by ');
}

// A stack begins with the name and the message as they were when the error was made. Where it begins otherwise
// nobody can tell the message's own lines from frames.
function framesOf({ name, message, stack }: ErrorLike): readonly string[] {
  if (typeof stack !== 'string') return [];
  const at = stack.indexOf(message);
  const isHead = at >= 0 && at <= String(name ?? '').length + 40;
  if (!isHead && message !== '') return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .map((line) => `    ${oneLine(line.trim())}`);
}
