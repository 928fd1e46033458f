import {
  Inject,
  Injectable,
  Optional,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import * as nest from '@nestjs/common';
import { Observable } from 'rxjs';
import { SseException } from '../base/exception.js';
import { StreamRefusal } from '../connection/limits/stream-refusal.js';
import { StreamConnection } from '../connection/stream-connection.js';
import { isExpired } from '../event/principal.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { exchangeOf } from '../platform/platform.js';
import { sendHeadersOnly, sendNoContent } from './empty-answers.js';
import { startStream } from './handler-call.js';
import { Handover, type Answer } from './handover.js';
import { toHttpError } from './http-error.js';
import { lastEventIdOf } from './last-event-id.js';
import { moduleMissing } from './module-missing.js';
import { pendingStreamOf } from './pending-stream.js';
import { RouteSettings } from './route-settings.js';
import { StreamOpening } from './stream-opening.js';
import { isKnownEnd, resourceOf } from './stream-resource.js';
import { streamRouteOf, type StreamRoute } from './stream-route.js';

/**
 * The way of a request through a stream route, from the guards to the open stream: the first of the method's
 * interceptors, so that the guards and the beginnings of the application's interceptors have run, and nothing but
 * the method's own interceptors sees the values.
 *
 * It prepares an answer and lets Nest's pipeline come to its end with one `undefined`. Only if that succeeds does
 * {@link SuccessPath} send the answer; what fails or answers before, at any level, has the response to itself.
 */
@Injectable()
export class StreamOwner implements NestInterceptor {
  readonly #settings: RouteSettings;

  /** @throws SseException `INVALID_OPTIONS` without `SseModule` */
  constructor(
    @Optional() @Inject(RouteSettings) settings: RouteSettings | undefined,
  ) {
    if (settings === undefined)
      throw moduleMissing(
        'The interceptor StreamOwner of an @SseStream() route',
      );
    this.#settings = settings;
  }

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<undefined> {
    // Each subscription is a new attempt: `retry()` makes several.
    return new Observable((subscriber) => {
      const attempt = new Attempt(this.#settings, context);
      attempt.prepare(next).then(
        (answer) => {
          // By a `timeout()`, for example: what comes in its place is the answer.
          if (subscriber.closed) return;
          const handover = attempt.handOver(answer);
          subscriber.next(undefined);
          handover.isInterrupted = subscriber.closed;
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(toHttpError(error)),
      );
      return () => attempt.stop();
    });
  }
}

/** One attempt to answer a request with a stream. */
class Attempt {
  readonly #exchange: HttpExchange;
  #connection: StreamConnection | undefined;
  #isHandedOver = false;

  constructor(
    private readonly settings: RouteSettings,
    private readonly context: ExecutionContext,
  ) {
    const http = context.switchToHttp();
    this.#exchange = exchangeOf(http.getRequest(), http.getResponse());
    // What an earlier attempt has prepared.
    const pending = pendingStreamOf(this.#exchange.response);
    pending.handover?.cancel();
    pending.handover = undefined;
  }

  /** Does all that may be refused with a status, and gives how to answer. */
  async prepare(next: CallHandler): Promise<Answer> {
    const exchange = this.#exchange;
    const route = streamRouteOf(this.context);
    if (exchange.request.method === 'HEAD')
      return () => sendHeadersOnly(exchange, route.headers.for(false));
    if (isKnownEnd(exchange)) return () => sendNoContent(exchange);
    const refusal = await this.#admit(route);
    if (refusal !== undefined) return refusal;
    const connection = this.#connect(route);
    const opening = new StreamOpening(
      this.settings,
      exchange,
      route,
      connection,
    );
    const configure = (): void => this.#configure(connection, route);
    try {
      await startStream({ exchange, route, connection, configure }, next);
      refuseExpired(connection);
    } catch (error) {
      connection.abandon();
      throw error;
    }
    if (!connection.wasOver) return () => opening.open();
    connection.abandon();
    return () => sendNoContent(exchange);
  }

  /** Leaves the answer for Nest's success path. */
  handOver(answer: Answer): Handover {
    this.#isHandedOver = true;
    const handover = new Handover(answer, () => this.#connection?.abandon());
    pendingStreamOf(this.#exchange.response).handover = handover;
    return handover;
  }

  /** Nobody waits for it any more, unless it has already been handed over. */
  stop(): void {
    if (!this.#isHandedOver) this.#connection?.abandon();
  }

  // A guard may have asked already, before it looked at credentials.
  async #admit(route: StreamRoute): Promise<Answer | undefined> {
    const { admission } = this.settings;
    try {
      await admission.enter(this.#exchange, route.options);
      return undefined;
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error;
      return admission.answerTo(this.#exchange, error);
    }
  }

  #connect(route: StreamRoute): StreamConnection {
    const { address, request, response } = this.#exchange;
    const { loop, registry } = this.settings;
    const connection = new StreamConnection(registry, loop, {
      resource: resourceOf(request),
      route: route.name,
      lastEventId: lastEventIdOf(request),
      address,
    });
    const pending = pendingStreamOf(response);
    pending.connection = connection;
    connection.session = pending.session;
    offerSignal(this.context.switchToHttp().getRequest<object>(), connection);
    this.#connection = connection;
    return connection;
  }

  #configure(connection: StreamConnection, route: StreamRoute): void {
    const pending = pendingStreamOf(this.#exchange.response);
    const { heartbeat, eventIds } = pending.configuration;
    const settings = this.settings.settingsOf(route.options, heartbeat);
    const encoding = this.settings.encodingOf(route);
    connection.configure(settings, eventIds, encoding);
  }
}

// A handler may take longer than its principal has.
function refuseExpired({ principal }: StreamConnection): void {
  if (principal !== undefined && isExpired(principal))
    throw new SseException('UNAUTHENTICATED', 'The session has expired.');
}

// Nest's own @SseSignal() reads the signal of what stands here; Nest 11 may not have it. The connection
// itself stands in for a controller, because it makes the signal only when asked.
function offerSignal(request: object, connection: StreamConnection): void {
  const key = (nest as { SSE_ABORT_CONTROLLER?: symbol }).SSE_ABORT_CONTROLLER;
  if (key === undefined) return;
  (request as Record<symbol, StreamConnection>)[key] = connection;
}
