import { SseException } from '../base/exception.js';

/** What the data of an event may be. An object has to have a JSON form. */
export type SseData = string | object | number | boolean | null;

/**
 * One thing to send, in the same shape as Nest's `MessageEvent`.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export interface SseMessage {
  /** A string goes out as it is, anything else as JSON. Line breaks in a string arrive as LF. */
  data?: SseData;
  /** The event's name, `message` unless given. */
  type?: string;
  /** What the client sends back as `Last-Event-ID`. */
  id?: string;
  /** How long the client waits before it reconnects, in milliseconds. */
  retry?: number;
  /** Sent as a comment, which no client shows. */
  comment?: string;
}

/** @throws SseException `INVALID_MESSAGE` */
export function assertEventType(type: unknown): asserts type is string {
  assertLine('type', type);
}

/** @throws SseException `INVALID_MESSAGE` */
export function assertEventId(id: unknown): asserts id is string {
  assertLine('id', id);
}

/** @throws SseException `INVALID_MESSAGE` */
export function assertText(
  field: string,
  value: unknown,
): asserts value is string {
  if (typeof value !== 'string') {
    throw new SseException(
      'INVALID_MESSAGE',
      `The ${field} of an event must be a string, not ${typeof value}.`,
    );
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new SseException(
      'INVALID_MESSAGE',
      `The ${field} of an event holds a lone surrogate, which UTF-8 cannot carry. Call .toWellFormed() on it first.`,
    );
  }
}

/** @throws SseException `INVALID_MESSAGE` */
export function assertRetry(retry: unknown): asserts retry is number {
  if (typeof retry !== 'number' || !Number.isSafeInteger(retry) || retry < 0) {
    throw new SseException(
      'INVALID_MESSAGE',
      `The retry of an event must be a whole number of milliseconds, 0 or more, not ${String(retry)}.`,
    );
  }
}

function assertLine(field: string, value: unknown): asserts value is string {
  assertText(field, value);
  // A line break would start a field of the attacker's choice; an id with NUL is ignored by clients.
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\r\n\0]/.test(value)) {
    throw new SseException(
      'INVALID_MESSAGE',
      `The ${field} of an event must not hold CR, LF or NUL: ${JSON.stringify(value.slice(0, 80))}.`,
    );
  }
}
