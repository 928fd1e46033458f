import type { Type } from '@nestjs/common';
import { SseException } from '../../base/exception.js';
import { eventTypeOf } from '../../event/event-class.js';

/** A class with `@SseEvent()`. */
export type EventKind<T extends object> = Type<T>;

/**
 * The type of an `@SseEvent()` class's events.
 * @throws SseException `INVALID_EVENT`
 */
export function typeOf(kind: EventKind<object>): string {
  const type = eventTypeOf(kind.prototype as object);
  if (type !== undefined) return type;
  throw new SseException(
    'INVALID_EVENT',
    `${kind.name} is no class of events: give it @SseEvent('type'), or name the type.`,
  );
}
