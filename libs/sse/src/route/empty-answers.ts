import type {
  HttpExchange,
  ResponseHeaders,
} from '../platform/http-exchange.js';
import { closing } from './stream-headers.js';

/** Answers HEAD: what GET would, without a stream. */
export function sendHeadersOnly(
  exchange: HttpExchange,
  headers: ResponseHeaders,
): void {
  exchange.send(200, closing(exchange, headers));
}

/**
 * Tells a client that came back to the end of a stream to stay away.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model
 */
export function sendNoContent(exchange: HttpExchange): void {
  exchange.send(204, { 'cache-control': 'no-cache' });
}
