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

/** The metadata key of a method that is a hook; its value is the kind. */
export const HOOK_METADATA = 'nestjs-event-stream:hook';

/** When a hook is called. */
export type HookKind = 'connect' | 'disconnect';

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

function hook(kind: HookKind): MethodDecorator {
  return (_target, _key, descriptor) => {
    Reflect.defineMetadata(HOOK_METADATA, kind, descriptor.value as object);
  };
}
