import {
  getMetadataStorage,
  validate,
  type ValidationError,
} from 'class-validator';
import { SseException, type SseProblem } from '../../base/exception.js';
import type { LogEntry } from '../../log/event-log.js';

/** How long validators may take, in milliseconds, where nothing else is said. */
export const DEFAULT_VALIDATION_TIMEOUT_MS = 5_000;

/**
 * Gives the entry once the event's own rules hold; at once if its class has none.
 * @throws SseException in the promise: `INVALID_EVENT`, `VALIDATION_TIMEOUT`
 */
export function afterValidation(
  instance: object,
  entry: LogEntry,
  timeoutMs: number,
): LogEntry | Promise<LogEntry> {
  if (!hasRules(instance.constructor)) return entry;
  // validateSync() would pass over every validator that gives a promise, marked as asynchronous or not.
  const validated = inTime(validate(instance), timeoutMs, () =>
    timeoutError(instance, entry, timeoutMs),
  ).then((errors) => {
    refuseInvalid(instance, errors);
    return entry;
  });
  // Another entry of the same call may be refused first: then nobody waits for this one.
  validated.catch(() => undefined);
  return validated;
}

// A validator that never answers must not hold back its topic for ever.
function inTime<T>(
  answer: Promise<T>,
  timeoutMs: number,
  errorOf: () => SseException,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(errorOf()), timeoutMs);
    timer.unref();
    const settle =
      <V>(done: (value: V) => void) =>
      (value: V): void => {
        clearTimeout(timer);
        done(value);
      };
    answer.then(settle(resolve), settle(reject));
  });
}

function timeoutError(
  instance: object,
  { topic }: LogEntry,
  timeoutMs: number,
): SseException {
  return new SseException(
    'VALIDATION_TIMEOUT',
    `The validators of ${instance.constructor.name} did not answer within ${timeoutMs} ms (validationTimeoutMs), ` +
      `so that the event for ${topic} was not published. Let the asynchronous ones fail in time by themselves.`,
  );
}

const constructorsWithRules = new WeakMap<object, boolean>();

function hasRules(constructor: Function): boolean {
  let known = constructorsWithRules.get(constructor);
  if (known === undefined) {
    known =
      getMetadataStorage().getTargetValidationMetadatas(
        constructor,
        '',
        false,
        false,
      ).length > 0;
    constructorsWithRules.set(constructor, known);
  }
  return known;
}

function refuseInvalid(
  instance: object,
  errors: readonly ValidationError[],
): void {
  if (errors.length === 0) return;
  const details = errors.flatMap((error) => problemsOf('', error));
  throw new SseException(
    'INVALID_EVENT',
    `${instance.constructor.name} is not valid: ${details.map(({ message }) => message).join('; ')}.`,
    { details },
  );
}

function problemsOf(parent: string, error: ValidationError): SseProblem[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({
    path,
    message,
  }));
  return [
    ...own,
    ...(error.children ?? []).flatMap((child) => problemsOf(path, child)),
  ];
}
