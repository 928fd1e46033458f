import { eventTypeOf } from './event-class.js';
import type { SseMessage } from './message.js';

const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'data',
  'type',
  'id',
  'retry',
  'comment',
]);

/**
 * The message that an emitted value is; undefined for data. A message is an object all of whose keys are message
 * fields, and that has `data`, `comment` or `retry`; of a class or not, but for `@SseEvent()` classes. A row of a
 * database may have a number or null in its place: the id is made text, and null counts as left out.
 */
export function messageOf(value: unknown): SseMessage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  // Relayed from another stream.
  if (value instanceof MessageEvent)
    return { type: value.type, data: value.data as SseMessage['data'] };
  if (!hasMessageFields(value) || eventTypeOf(value) !== undefined)
    return undefined;
  const message = value as SseMessage;
  return isInForm(message) ? message : inForm(message);
}

/** The message that holds data: an instance of an `@SseEvent()` class gives it its type. */
export function messageOfData(value: unknown): SseMessage {
  const type =
    typeof value === 'object' && value !== null
      ? eventTypeOf(value)
      : undefined;
  const data = value as SseMessage['data'];
  return type === undefined ? { data } : { type, data };
}

function hasMessageFields(value: object): boolean {
  const keys = Object.keys(value);
  // A class may have its fields as getters.
  if (keys.length === 0) return carriesMessage(value) && isClass(value);
  return (
    keys.every((key) => MESSAGE_FIELDS.has(key)) &&
    keys.some((key) => key === 'data' || key === 'comment' || key === 'retry')
  );
}

function carriesMessage(value: object): boolean {
  return 'data' in value || 'comment' in value || 'retry' in value;
}

function isClass(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype;
}

function isInForm(message: SseMessage): boolean {
  const { type, id, retry, comment } = message as Record<string, unknown>;
  return (
    (id === undefined || typeof id === 'string') &&
    type !== null &&
    retry !== null &&
    comment !== null &&
    !isClass(message)
  );
}

function inForm(message: SseMessage): SseMessage {
  const { data, type, id, retry, comment } = message;
  return {
    ...('data' in message && { data }),
    ...(type != null && { type }),
    ...(id != null && { id: textOfId(id) }),
    ...(retry != null && { retry }),
    ...(comment != null && { comment }),
  };
}

function textOfId(id: unknown): string {
  return (typeof id === 'number' && Number.isFinite(id)) ||
    typeof id === 'bigint'
    ? String(id)
    : (id as string);
}
