import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { SsePrincipal } from '../event/principal.js';
import { exchangeOf } from '../platform/platform.js';
import { lastEventIdOf } from './last-event-id.js';
import { connectionOf, pendingStreamOf } from './pending-stream.js';

/** The cursor that the client came with: header first, else the query parameter; undefined if it is new. */
export const LastEventId = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string | undefined => {
    const http = context.switchToHttp();
    return lastEventIdOf(
      exchangeOf(http.getRequest(), http.getResponse()).request,
    );
  },
);

/** The connection that the handler's stream is about to be. */
export const SseConn = createParamDecorator(
  (_data: unknown, context: ExecutionContext): SseConnection =>
    connectionOf(context),
);

/** Who asks, on any route behind `SseAuthGuard`; undefined on routes without authentication. */
export const Principal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): SsePrincipal | undefined =>
    principalOf(context),
);

/** What {@link Principal} gives, for guards and interceptors that run after `SseAuthGuard`. */
export function principalOf(
  context: ExecutionContext,
): SsePrincipal | undefined {
  const http = context.switchToHttp();
  const { response } = exchangeOf(http.getRequest(), http.getResponse());
  return pendingStreamOf(response).session?.principal;
}
