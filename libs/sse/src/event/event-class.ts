import { assertEventType } from './message.js';
import { SseException } from '../base/exception.js';
import { isControlType } from './control-type.js';

// Registered, so that the ESM and the CommonJS build of the package agree on it.
const EVENT_TYPE = Symbol.for('nestjs-event-stream:event-type');

/** A class of events, as `@SseEvent()` may stand on it. */
export type EventClass = abstract new (...args: never[]) => object;

/**
 * Names the event that instances of a class are: `publish()` validates them with class-validator, and
 * they go on the wire under this type.
 *
 * @param type the wire's `event` field, such as `order.shipped`
 * @throws SseException `INVALID_MESSAGE` if the type could not go on the wire
 *
 * @example
 * \@SseEvent('order.shipped')
 * export class OrderShipped {
 *   \@IsUUID() orderId!: string;
 * }
 */
export function SseEvent(type: string): ClassDecorator {
  assertPublicType(type);
  if (type === '') {
    throw new SseException(
      'INVALID_MESSAGE',
      '@SseEvent() needs a type, such as "order.shipped".',
    );
  }
  return (target) => {
    Object.defineProperty(target, EVENT_TYPE, { value: type });
  };
}

/** The type of an instance of an `@SseEvent()` class, or of a class that extends one. */
export function eventTypeOf(value: object): string | undefined {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function'
    ? typeOfClass(constructor)
    : undefined;
}

/** The type that `@SseEvent()` gave to a class, or to one that it extends. */
export function typeOfClass(one: Function): string | undefined {
  return (one as { [EVENT_TYPE]?: string })[EVENT_TYPE];
}

/**
 * A type that users may give an event: the names of control events are the library's own.
 * @throws SseException `INVALID_MESSAGE`
 */
export function assertPublicType(type: unknown): asserts type is string {
  assertEventType(type);
  // Native EventSource would call its own handlers of a broken or an opened connection.
  if (type === 'error' || type === 'open') {
    throw new SseException(
      'INVALID_MESSAGE',
      `The type ${JSON.stringify(type)} fires the "${type}" handlers of native EventSource, as if the connection had ` +
        `${type === 'error' ? 'failed' : 'opened'}; choose another one, such as "order.${type}".`,
    );
  }
  if (isControlType(type)) {
    throw new SseException(
      'INVALID_MESSAGE',
      `The type ${JSON.stringify(type)} is a control event of the stream itself; choose another one.`,
    );
  }
}
