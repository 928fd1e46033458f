import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { CloseReason } from '../connection/close-reason.js';
import type { SsePrincipal } from '../event/principal.js';

/** A stream that is over. */
export interface SseDisconnection {
  readonly connection: SseConnection;
  readonly principal: SsePrincipal | undefined;
  readonly durationMs: number;
  readonly reason: CloseReason;
  /** Event blocks of any kind. */
  readonly blocksSent: number;
}

/** A failure in mid-stream, when no status can tell of it any more. */
export interface SseFailure {
  readonly connection: SseConnection;
  readonly principal: SsePrincipal | undefined;
  /** What was thrown, as it was thrown. */
  readonly error: unknown;
  /** What the client is told: the code of its `stream-error`. */
  readonly code: string;
  /** Whether the client is told that it may come back. */
  readonly retryable: boolean;
}

/** The metadata key of a method that is a hook; its value is the kind. */
export const HOOK_METADATA = 'nestjs-event-stream:hook';

/** When a hook is called. */
export type HookKind = 'connect' | 'disconnect' | 'error';

/**
 * Calls a provider's or controller's method with the {@link SseConnection} of every stream that opens. What it
 * throws is logged, and hurts nobody. Not for request-scoped providers.
 *
 * @example
 * \@OnSseConnect()
 * online({ principal }: SseConnection) {
 *   return this.presence.add(principal?.id);
 * }
 */
export function OnSseConnect(): MethodDecorator {
  return hook('connect');
}

/**
 * Calls a provider's or controller's method with the {@link SseDisconnection} of every stream that is over,
 * whatever ended it.
 */
export function OnSseDisconnect(): MethodDecorator {
  return hook('disconnect');
}

/**
 * Calls a provider's or controller's method with the {@link SseFailure} of every stream that fails after its headers
 * have left: an error of the source or of a filter, a value that cannot be sent. For error trackers and metrics;
 * the library logs what is not meant for the client. What fails before goes to Nest's exception filters.
 *
 * @example
 * \@OnSseError()
 * failed({ connection, error }: SseFailure) {
 *   Sentry.captureException(error, { tags: { route: connection.route } });
 * }
 */
export function OnSseError(): MethodDecorator {
  return hook('error');
}

function hook(kind: HookKind): MethodDecorator {
  return (_target, _key, descriptor) => {
    Reflect.defineMetadata(HOOK_METADATA, kind, descriptor.value as object);
  };
}
