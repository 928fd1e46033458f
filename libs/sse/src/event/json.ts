import { SseException } from '../base/exception.js';
import { PLAIN_ROUTE, type Serializer } from './serializer.js';
import { unserializable } from './unserializable.js';

/**
 * JSON text of a value, as a plain route with this serializer would send it. A stream route answers past the
 * interceptor that would otherwise see to it.
 * @throws SseException `UNSERIALIZABLE_DATA`
 */
export function toJson(
  value: unknown,
  serializer: Serializer = PLAIN_ROUTE,
): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(serializer.plainOf(value));
  } catch (cause) {
    if (cause instanceof SseException) throw cause;
    throw unserializable(
      cause instanceof RangeError
        ? 'it refers to itself, or is nested too deeply'
        : reasonOf(cause),
      cause,
    );
  }
  if (json === undefined) throw unserializable(`it is ${typeof value}`);
  return json;
}

/** Freezes a value that came from JSON, all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

function reasonOf(cause: unknown): string {
  const [firstLine = ''] =
    cause instanceof Error ? cause.message.split('\n') : [];
  return firstLine;
}
