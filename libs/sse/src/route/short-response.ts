import {
  retryDelay,
  type RetryOptions,
} from '../connection/stream-settings.js';
import type { StreamRefusal } from '../connection/limits/stream-refusal.js';
import { errorFrame, retryFrame } from '../event/control-event.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { STREAM_HEADERS } from './stream-headers.js';

/** Answers HEAD: what GET would, without a stream. */
export function sendHeadersOnly(exchange: HttpExchange): void {
  startResponse(exchange, 200).end();
}

/**
 * Tells a client that came back to the end of a stream to stay away.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model
 */
export function sendNoContent(exchange: HttpExchange): void {
  exchange.takeOver();
  exchange.response.setHeader('cache-control', 'no-cache');
  exchange.response.writeHead(204);
  exchange.response.end();
}

/**
 * Refuses a stream so that native `EventSource`, which takes any status but 200 as final, tries again.
 */
export function refuseForNow(
  exchange: HttpExchange,
  { code, message }: StreamRefusal,
  retry: RetryOptions | false,
): void {
  const response = startResponse(exchange, 200);
  const error = errorFrame({ code, message, retryable: true });
  const wait = retry ? [retryFrame(retryDelay(retry)).bytes] : [];
  response.end(Buffer.concat([...wait, error.bytes]));
}

function startResponse(
  exchange: HttpExchange,
  status: number,
): HttpExchange['response'] {
  const { response } = exchange;
  exchange.takeOver();
  for (const [name, value] of Object.entries(STREAM_HEADERS))
    response.setHeader(name, value);
  if (exchange.request.httpVersionMajor < 2)
    response.setHeader('connection', 'close');
  response.writeHead(status);
  return response;
}
