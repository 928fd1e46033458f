import {
  retryDelay,
  type RetryOptions,
} from '../connection/stream-settings.js';
import type { StreamRefusal } from '../connection/limits/stream-refusal.js';
import { errorFrame, retryFrame } from '../event/control-event.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { closing, STREAM_HEADERS } from './stream-headers.js';

/**
 * Refuses a stream so that native `EventSource`, which takes any status but 200 as final, tries again: with a
 * stream that says when to come back, and ends.
 */
export function refuseForNow(
  exchange: HttpExchange,
  { code, message }: StreamRefusal,
  retry: RetryOptions | false,
): void {
  const error = errorFrame({ code, message, retryable: true });
  const wait = retry ? [retryFrame(retryDelay(retry)).bytes] : [];
  const body = Buffer.concat([...wait, error.bytes]);
  exchange.send(200, closing(exchange, STREAM_HEADERS), body);
}

/** Refuses a stream with 503, for clients that look at statuses. */
export function refuseAsAway(
  exchange: HttpExchange,
  { code, message }: StreamRefusal,
  retry: RetryOptions | false,
): void {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    ...(retry && {
      'retry-after': String(Math.ceil(retryDelay(retry) / 1_000)),
    }),
  };
  const body = Buffer.from(JSON.stringify({ code, message }));
  exchange.send(503, closing(exchange, headers), body);
}
