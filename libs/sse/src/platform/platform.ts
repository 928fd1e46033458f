import { SseException } from '../base/exception.js';
import { expressExchange } from './express.js';
import { fastifyExchange } from './fastify.js';
import type {
  HttpExchange,
  PlatformAdapter,
  RawResponse,
} from './http-exchange.js';

const ADAPTERS: readonly PlatformAdapter[] = [fastifyExchange, expressExchange];

/**
 * The exchange behind a framework's request and response.
 * @throws SseException `NO_STREAM_CONTEXT`
 */
export function exchangeOf(request: unknown, response: unknown): HttpExchange {
  for (const adapter of ADAPTERS) {
    const exchange = adapter(request, response);
    if (exchange !== undefined) return exchange;
  }
  throw new SseException(
    'NO_STREAM_CONTEXT',
    'An @SseStream() route needs an HTTP request of platform-express or platform-fastify.',
  );
}

/** Node's own response behind a framework's. */
export function rawResponseOf(response: object): RawResponse {
  return ((response as { raw?: RawResponse }).raw ?? response) as RawResponse;
}
