import { SseException } from './exception.js';

/**
 * Refuses a Promise that a callback returned where nobody waits for one. It would pass for a value: truthy for a
 * filter, an object of its own for a key.
 * @param what the callback and its place, for example `The filter of a bus stream`
 * @param remedy what to do instead, as a sentence
 * @throws SseException `ASYNC_CALLBACK`
 */
export function refusePromise(
  what: string,
  value: unknown,
  remedy: string,
): void {
  if (typeof value !== 'object' || value === null || !('then' in value)) return;
  if (typeof value.then !== 'function') return;
  // Nobody waits for it: its rejection would end the process.
  void Promise.resolve(value).catch(() => undefined);
  throw new SseException(
    'ASYNC_CALLBACK',
    `${what} returned a Promise, and events do not wait for one. ${remedy}`,
  );
}
