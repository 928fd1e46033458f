import { EventStreamError } from './event-stream-error.js';
import type { EventStreamOptions } from './event-stream-options.js';

/** Makes a request from a cursor on, which is empty at the start. */
export type StreamRequest = (
  cursor: string,
  signal: AbortSignal,
) => Promise<Response>;

/**
 * What is asked for, and how. The request itself fails with an EventStreamError `CALLBACK_FAILED` or `UNREACHABLE`.
 * @throws EventStreamError `INVALID_OPTIONS`
 */
export function createRequest(
  url: string,
  options: EventStreamOptions,
): StreamRequest {
  const { cursorParameter, headers: given, withCredentials } = options;
  // What fetch() knows as a body goes out as it is; plain objects, arrays and instances of classes as JSON.
  const kind = Object.prototype.toString.call(options.body);
  const isJson = /ct (Object|Array)]$/.test(kind);
  if (kind.endsWith('Stream]')) {
    throw new EventStreamError(
      'INVALID_OPTIONS',
      'A body that is a stream could not be sent again',
    );
  }
  const body = isJson ? JSON.stringify(options.body) : options.body;
  const {
    method = body == null ? 'GET' : 'POST',
    credentials = withCredentials ? 'include' : 'same-origin',
    fetch = globalThis.fetch,
  } = options;

  return async (cursor, signal) => {
    let headers;
    try {
      headers = new Headers(
        typeof given === 'function' ? await given() : given,
      );
    } catch (cause) {
      throw retryable('CALLBACK_FAILED', 'headers() failed', cause);
    }
    const setDefault = (name: string, value: string): void => {
      if (!headers.has(name)) headers.set(name, value);
    };
    setDefault('accept', 'text/event-stream');
    // In a browser it would cost a preflight, and `cache` makes the browser add it by itself.
    if (!globalThis.location) setDefault('cache-control', 'no-cache');
    if (isJson) setDefault('content-type', 'application/json');
    const target = new URL(url);
    if (cursor && cursorParameter)
      target.searchParams.set(cursorParameter, cursor);
    else if (cursor) headers.set('last-event-id', asBytes(cursor));
    try {
      return await fetch(target, {
        method,
        headers,
        body: body as BodyInit | null,
        credentials,
        cache: 'no-store',
        signal,
      });
    } catch (cause) {
      throw retryable('UNREACHABLE', `No response from ${url}`, cause);
    }
  };
}

/**
 * The text in UTF-8, each byte as one character: the only form in which a header holds it.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
function asBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function retryable(
  code: 'CALLBACK_FAILED' | 'UNREACHABLE',
  message: string,
  cause: unknown,
): EventStreamError {
  return new EventStreamError(code, message, { cause, retryable: true });
}
