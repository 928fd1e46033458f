import { instanceToPlain } from 'class-transformer';
import { SseException } from '../base/exception.js';

/**
 * JSON text of a value. Instances of classes go through class-transformer first, so that `@Exclude()`
 * and `@Expose()` hold wherever they are nested: a stream route answers past the interceptor that would
 * otherwise see to it.
 * @throws SseException `UNSERIALIZABLE_DATA`
 */
export function toJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(
      holdsInstance(value, new Set()) ? plainOf(value) : value,
    );
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

function holdsInstance(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (bringsJson(value)) return false;
  if (isInstance(value)) return true;
  if (seen.has(value)) return false;
  seen.add(value);
  for (const key of Object.keys(value)) {
    if (holdsInstance((value as Record<string, unknown>)[key], seen))
      return true;
  }
  return false;
}

function plainOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || bringsJson(value))
    return value;
  if (isBytes(value)) {
    throw unserializable(
      `it holds bytes (${value.constructor.name}); decode them to text, a stream with ` +
        '.pipeThrough(new TextDecoderStream()), or send base64',
    );
  }
  if (value instanceof Map || value instanceof Set) {
    throw unserializable(
      `it holds a ${value.constructor.name}, which JSON would turn into {}; use Object.fromEntries() or an array`,
    );
  }
  if (isInstance(value)) {
    // Of an async function where a plain one belongs, such as the map of a stream.
    if (typeof (value as { then?: unknown }).then === 'function')
      throw unserializable('it holds a Promise; await it first');
    return instanceToPlain(value);
  }
  if (Array.isArray(value)) return value.map(plainOf);
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, plainOf(child)]),
  );
}

function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype !== Object.prototype &&
    prototype !== null &&
    prototype !== Array.prototype
  );
}

function isBytes(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

// What brings its own toJSON (Date, Decimal, ObjectId) knows best.
function bringsJson(value: object): boolean {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function reasonOf(cause: unknown): string {
  const [firstLine = ''] =
    cause instanceof Error ? cause.message.split('\n') : [];
  return firstLine;
}

function unserializable(reason: string, cause?: unknown): SseException {
  return new SseException(
    'UNSERIALIZABLE_DATA',
    `The data of an event must be a value that JSON can hold: ${reason}.`,
    { cause },
  );
}
