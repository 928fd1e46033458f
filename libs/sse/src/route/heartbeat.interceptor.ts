import {
  Inject,
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { HEARTBEAT_RULE } from '../connection/stream-settings.js';
import { checkOptions } from '../base/option-rules.js';
import { configureStream } from './pending-stream.js';
import { CONFIGURES_ONLY } from './stream-route.js';

/** The injection token of the options of a {@link HeartbeatInterceptor} that Nest creates. */
export const HEARTBEAT_OPTIONS = Symbol('SSE_HEARTBEAT_OPTIONS');

/** How a {@link HeartbeatInterceptor} keeps idle streams open. */
export interface HeartbeatOptions {
  /**
   * Silence after which a comment is sent, in milliseconds, 100 or more.
   * @default 15000
   */
  readonly intervalMs?: number | undefined;
}

/**
 * Sets how idle streams are kept open, for a method, a controller or the application; `false` turns the
 * heartbeat off. Without it streams beat as the module says.
 *
 * @example \@UseInterceptors(new HeartbeatInterceptor({ intervalMs: 5_000 }))
 * @throws SseException `INVALID_OPTIONS`
 */
@Injectable()
export class HeartbeatInterceptor implements NestInterceptor {
  static readonly [CONFIGURES_ONLY] = true;
  readonly #heartbeat: { readonly intervalMs: number } | false;

  constructor(
    @Optional()
    @Inject(HEARTBEAT_OPTIONS)
    options: HeartbeatOptions | false = {},
  ) {
    checkOptions(
      'HeartbeatInterceptor',
      { heartbeat: options },
      {
        heartbeat: { nested: HEARTBEAT_RULE.nested, orFalse: true },
      },
    );
    this.#heartbeat = options && { intervalMs: options.intervalMs ?? 15_000 };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    configureStream(context, { heartbeat: this.#heartbeat });
    return next.handle();
  }
}
