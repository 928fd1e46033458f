import {
  assertEventId,
  assertRetry,
  assertText,
  type SseMessage,
} from './message.js';
import { assertPublicType, eventTypeOf } from './event-class.js';
import { SseException } from '../base/exception.js';
import { toJson } from './json.js';
import { PLAIN_ROUTE, type Serializer } from './serializer.js';
import { encodeFields, type WireFields } from './wire.js';

/**
 * The block of a message, with every field checked.
 * @param id used where the message has none of its own; `null` withholds the message's own too
 * @throws SseException `INVALID_MESSAGE`, `UNSERIALIZABLE_DATA`
 */
export function encodeMessage(
  message: SseMessage,
  id?: string | null,
  serializer: Serializer = PLAIN_ROUTE,
): string {
  const fields = wireFields(message, serializer);
  return encodeFields({
    ...fields,
    id: id === null ? undefined : (fields.id ?? id),
  });
}

/** The data of an event as it stands on the wire: strings raw, the rest as JSON. */
export function dataText(
  data: unknown,
  serializer: Serializer = PLAIN_ROUTE,
): string {
  if (typeof data !== 'string') return toJson(data, serializer);
  assertText('data', data);
  return data;
}

function wireFields(message: SseMessage, serializer: Serializer): WireFields {
  const { comment, retry, id, data } = message;
  const type =
    message.type ??
    (typeof data === 'object' && data !== null ? eventTypeOf(data) : undefined);
  if (comment !== undefined) assertText('comment', comment);
  if (retry !== undefined) assertRetry(retry);
  if (id !== undefined) assertEventId(id);
  if (type !== undefined) assertPublicType(type);
  if (
    'data' in message &&
    (data !== undefined || (comment === undefined && retry === undefined))
  ) {
    return { comment, retry, id, type, data: dataText(data, serializer) };
  }
  if (type !== undefined) {
    throw new SseException(
      'INVALID_MESSAGE',
      `An event of type ${JSON.stringify(type)} has no data, so that no client would ever see it. Give it data: null.`,
    );
  }
  return { comment, retry, id };
}
