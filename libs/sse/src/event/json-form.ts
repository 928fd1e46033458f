import { unserializable } from './unserializable.js';

/** What a value is made of, as far as it matters for how it becomes JSON. */
export type JsonForm =
  /** Text, numbers, arrays, plain objects and dates: JSON itself holds it. */
  | 'plain'
  /** Instances of classes too, with nothing in them that class-transformer gets wrong. */
  | 'instances'
  /** Maps, Sets, bytes, values with a `toJSON`, and others that need a look each. */
  | 'special';

/** Looks at all of a value, up to the first thing that is special. */
export function jsonFormOf(value: unknown): JsonForm {
  const seen = new Set<object>();
  let form: JsonForm = 'plain';
  const look = (one: unknown): void => {
    if (form === 'special' || !isObject(one)) return;
    if (isAtom(one) || seen.has(one)) return;
    if (isInstance(one) || bringsJson(one)) {
      form = isOrdinary(one) ? 'instances' : 'special';
    }
    seen.add(one);
    for (const key of Object.keys(one))
      look((one as Record<string, unknown>)[key]);
  };
  look(value);
  return form;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether JSON and class-transformer agree on a value, and nothing is nested in it. */
export function isAtom(value: object): boolean {
  return value instanceof Date || Buffer.isBuffer(value);
}

/** Whether a value is of a class, rather than a plain object or an array. */
export function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype !== Object.prototype &&
    prototype !== null &&
    prototype !== Array.prototype
  );
}

/** Whether a value has a JSON form of its own (Decimal, ObjectId, URL). */
export function bringsJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/**
 * Refuses what JSON would turn into garbage: bytes, errors and promises.
 * @throws SseException `UNSERIALIZABLE_DATA`
 */
export function refuseFormless(value: object): void {
  const name = nameOf(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw unserializable(
      `it holds bytes (${name}); decode them to text, a stream with ` +
        '.pipeThrough(new TextDecoderStream()), or send base64',
    );
  }
  if (value instanceof Error) {
    throw unserializable(
      `it holds an error (${name}), which JSON would turn into {}; send { message: error.message }`,
    );
  }
  // Of an async function where a plain one belongs, such as the map of a stream.
  if (typeof (value as { then?: unknown }).then === 'function') {
    // Nobody waits for it: its rejection would end the process.
    void Promise.resolve(value).catch(() => undefined);
    throw unserializable('it holds a Promise; await it first');
  }
}

/**
 * Refuses an instance that became `{}` although it holds something, where JSON does not look: `Headers`,
 * `URLSearchParams`, a class with private fields.
 * @throws SseException `UNSERIALIZABLE_DATA`
 */
export function refuseHollow(value: object, plain: unknown): void {
  if (!isObject(plain) || Object.keys(plain).length > 0) return;
  if (Object.keys(value).length > 0 || !isHollow(value)) return;
  throw unserializable(
    `it holds a ${nameOf(value)}, which JSON would turn into {}; use ${
      Symbol.iterator in value
        ? 'Object.fromEntries() or an array'
        : 'a plain object with its fields'
    }`,
  );
}

function isHollow(value: object): boolean {
  return (
    Object.prototype.toString.call(value) !== '[object Object]' ||
    hasGetters(value)
  );
}

function hasGetters(value: object): boolean {
  for (
    let prototype: object | null = prototypeOf(value);
    prototype !== null && prototype !== Object.prototype;
    prototype = prototypeOf(prototype)
  ) {
    const properties = Object.getOwnPropertyDescriptors(prototype);
    if (Object.values(properties).some(({ get }) => get !== undefined))
      return true;
  }
  return false;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

function isOrdinary(value: object): boolean {
  return (
    Object.keys(value).length > 0 &&
    !bringsJson(value) &&
    !(value instanceof Map || value instanceof Set || value instanceof Error) &&
    !ArrayBuffer.isView(value) &&
    typeof (value as { then?: unknown }).then !== 'function'
  );
}

function nameOf(value: object): string {
  return value.constructor?.name || 'object';
}
