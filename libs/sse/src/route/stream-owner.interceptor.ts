import {
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import * as nest from '@nestjs/common';
import { lastValueFrom, Observable } from 'rxjs';
import { subscribeFor } from '../bus/binding/consumer.js';
import type {
  CompressionOptions,
  GzipCoding,
} from '../connection/gzip/gzip-coding.js';
import { isEndOf } from '../connection/end-id.js';
import { discardSource } from '../connection/source/source.js';
import { StreamConnection } from '../connection/stream-connection.js';
import { StreamRefusal } from '../connection/limits/stream-refusal.js';
import { logError } from '../base/log-error.js';
import { SseException } from '../base/exception.js';
import { isExpired } from '../event/principal.js';
import type { HttpExchange } from '../platform/http-exchange.js';
import { HttpTransport } from '../platform/http-transport.js';
import { exchangeOf } from '../platform/platform.js';
import { acceptsGzip } from './accept-encoding.js';
import { lastEventIdOf, pathOf } from './last-event-id.js';
import { toHttpError } from './http-error.js';
import {
  pendingStreamOf,
  releasePendingStream,
  type PendingStream,
} from './pending-stream.js';
import { sendHeadersOnly, sendNoContent } from './short-response.js';
import { STREAM_HEADERS } from './stream-headers.js';
import { warnWithoutShutdownHooks } from './shutdown-warning.js';
import { shuttingDown } from './stream-admission.js';
import { DirectCall, PipelinedCall } from './handler-call.js';
import { streamRouteOf, type StreamRoute } from './stream-route.js';
import { RouteSettings } from './route-settings.js';

const logger = new Logger('SseStream');

/**
 * Owns the response of a stream route: the first of the method's interceptors, so that guards and the
 * interceptors of the application have run, and nothing but the method's own sees the values.
 */
@Injectable()
export class StreamOwner implements NestInterceptor {
  constructor(private readonly settings: RouteSettings) {}

  intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<undefined> {
    return new Observable((subscriber) => {
      this.#prepare(context, next).then(
        (answer) => {
          // Completes Nest's pipeline, which would otherwise stay in memory as long as the stream; and before
          // the headers leave, because interceptors of the application may set some when they see a value.
          subscriber.next(undefined);
          const mayHaveFailed = subscriber.closed;
          subscriber.complete();
          // One of them failed at it, or wanted no more: what the exception filters answer comes first. Else at
          // once, because Fastify keeps a request in memory that is not taken over when its handler is done.
          if (mayHaveFailed) setImmediate(answer);
          else answer();
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  /** Does all that may be refused with a status, and gives how to answer. */
  async #prepare(
    context: ExecutionContext,
    next: CallHandler,
  ): Promise<() => void> {
    const http = context.switchToHttp();
    const exchange = exchangeOf(http.getRequest(), http.getResponse());
    const { request, response } = exchange;
    const answerWith = (send: (exchange: HttpExchange) => void) => () => {
      if (!response.headersSent) send(exchange);
    };
    if (request.method === 'HEAD') return answerWith(sendHeadersOnly);
    if (isEndOf(pathOf(request), lastEventIdOf(request)))
      return answerWith(sendNoContent);
    if (!this.#isAdmitted(exchange)) return () => undefined;
    const route = streamRouteOf(context);
    const connection = this.#connect(
      exchange,
      route,
      http.getRequest<object>(),
    );
    try {
      const transport = await this.#start(connection, exchange, route, next);
      refuseExpired(connection);
      return () => this.#open(connection, transport, exchange, route);
    } catch (error) {
      connection.abandon();
      this.settings.admission.leave(exchange);
      releasePendingStream(response);
      throw toHttpError(error);
    }
  }

  // A guard may have asked already, before it looked at credentials.
  #isAdmitted(exchange: HttpExchange): boolean {
    const { admission } = this.settings;
    try {
      admission.enter(exchange);
      return true;
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error;
      admission.refuse(exchange, error);
      return false;
    }
  }

  #connect(
    exchange: HttpExchange,
    route: StreamRoute,
    request: object,
  ): StreamConnection {
    const connection = new StreamConnection(
      this.settings.registry,
      this.settings.loop,
      {
        path: pathOf(exchange.request),
        route: route.name,
        lastEventId: lastEventIdOf(exchange.request),
        address: exchange.address,
      },
    );
    const pending = pendingStreamOf(exchange.response);
    pending.connection = connection;
    connection.session = pending.session;
    offerSignal(request, connection);
    return connection;
  }

  async #start(
    connection: StreamConnection,
    exchange: HttpExchange,
    route: StreamRoute,
    next: CallHandler,
  ): Promise<HttpTransport> {
    // Listens from here on, so that a handler that is still at work hears of a client that left.
    const transport = new HttpTransport(
      exchange.response,
      connection,
      this.settings.allowsFastPath,
      this.#codingFor(exchange, route),
    );
    const pending = pendingStreamOf(exchange.response);
    if (route.isPipelined)
      await this.#startPipelined(connection, pending, route, next);
    else await this.#startDirect(connection, pending, route, next);
    return transport;
  }

  // Nobody above hears what goes wrong here: Nest's pipeline is over.
  #open(
    connection: StreamConnection,
    transport: HttpTransport,
    exchange: HttpExchange,
    route: StreamRoute,
  ): void {
    const { admission } = this.settings;
    const { response } = exchange;
    const missed = admission.leave(exchange);
    releasePendingStream(response);
    // Or an interceptor of the application has answered in its place.
    if (connection.isOver || response.headersSent) {
      connection.abandon();
      return;
    }
    try {
      if (admission.isDraining) {
        connection.abandon();
        admission.refuse(exchange, shuttingDown());
        return;
      }
      warnWithoutShutdownHooks();
      exchange.takeOver();
      if (this.#compressionOf(route))
        response.appendHeader('vary', 'Accept-Encoding');
      connection.open(transport, STREAM_HEADERS, missed);
    } catch (error) {
      logError(logger, `${route.name} could not be opened`, error);
      connection.abandon();
      transport.destroy();
    }
  }

  #compressionOf({ options }: StreamRoute): CompressionOptions | false {
    return options.compression ?? this.settings.options.compression ?? false;
  }

  #codingFor(
    { request }: HttpExchange,
    route: StreamRoute,
  ): GzipCoding | undefined {
    const compression = this.#compressionOf(route);
    const header = request.headers['accept-encoding'] as string | undefined;
    return compression && acceptsGzip(header)
      ? this.settings.codingFor(compression)
      : undefined;
  }

  async #startDirect(
    connection: StreamConnection,
    pending: PendingStream,
    route: StreamRoute,
    next: CallHandler,
  ): Promise<void> {
    const call = new DirectCall(connection);
    pending.handlerCall = call;
    await lastValueFrom(next.handle(), { defaultValue: undefined });
    const source = call.result?.source;
    if (connection.isOver) {
      discardSource(source, route.name);
      return;
    }
    this.#begin(connection, pending, route);
    await connection.attachSource(source);
  }

  async #startPipelined(
    connection: StreamConnection,
    pending: PendingStream,
    route: StreamRoute,
    next: CallHandler,
  ): Promise<void> {
    let hasBegun = false;
    const begin = (): void => {
      if (hasBegun) return;
      hasBegun = true;
      this.#begin(connection, pending, route);
    };
    await new Promise<void>((resolve, reject) => {
      let isReady = false;
      const ready = (): void => {
        isReady = true;
        resolve();
      };
      pending.handlerCall = new PipelinedCall(connection, begin, ready);
      const values = next.handle();
      const { subscription } = subscribeFor(connection.binding, values, {
        next: (value: unknown) => {
          begin();
          connection.next(value);
        },
        error: (error: unknown) => {
          if (isReady) connection.error(error);
          else reject(error as Error);
        },
        complete: () => {
          begin();
          connection.complete();
          ready();
        },
      });
      connection.stopWith(() => {
        subscription.unsubscribe();
        resolve();
      });
    });
  }

  #begin(
    connection: StreamConnection,
    { configuration }: PendingStream,
    route: StreamRoute,
  ): void {
    const { heartbeat, eventIds } = configuration;
    const settings = this.settings.settingsOf(route.options, heartbeat);
    const encoding = this.settings.serializers.encodingOf(route);
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
