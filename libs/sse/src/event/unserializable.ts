import { SseException } from '../base/exception.js';

/** The error for data that has no JSON form: the reason names what it is and what to do. */
export function unserializable(reason: string, cause?: unknown): SseException {
  return new SseException(
    'UNSERIALIZABLE_DATA',
    `The data of an event must be a value that JSON can hold: ${reason}.`,
    { cause },
  );
}
