import {
  Inject,
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import {
  countingIds,
  type EventIdGenerator,
} from '../connection/output/event-ids.js';
import { checkOptions } from '../base/option-rules.js';
import { configureStream } from './pending-stream.js';
import { CONFIGURES_ONLY } from './stream-route.js';

/** The injection token of the options of an {@link EventIdInterceptor} that Nest creates. */
export const EVENT_ID_OPTIONS = Symbol('SSE_EVENT_ID_OPTIONS');

/** How an {@link EventIdInterceptor} makes ids. */
export interface EventIdOptions {
  /**
   * Names an event. Must not give CR, LF or NUL.
   * @default counts on from the client's `Last-Event-ID` if that is a number, else from 1
   */
  readonly generate?: EventIdGenerator | undefined;
}

/**
 * Gives ids to the events of a source of the handler's own, for a method, a controller or the
 * application. The handler reads `@LastEventId()` and resumes by itself. Messages keep an id they already
 * have; streams of the bus are left alone, since their ids are places in the log.
 *
 * @example \@UseInterceptors(EventIdInterceptor)
 * @throws SseException `INVALID_OPTIONS`
 */
@Injectable()
export class EventIdInterceptor implements NestInterceptor {
  static readonly [CONFIGURES_ONLY] = true;
  readonly #generate: EventIdGenerator;

  constructor(
    @Optional() @Inject(EVENT_ID_OPTIONS) options: EventIdOptions = {},
  ) {
    checkOptions('EventIdInterceptor', options, {
      generate: { type: 'function' },
    });
    this.#generate = options.generate ?? countingIds;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    configureStream(context, { eventIds: this.#generate });
    return next.handle();
  }
}
