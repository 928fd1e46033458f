import { Logger } from '@nestjs/common';
import { logError } from '../base/log-error.js';
import type { GzipCoding } from '../connection/gzip/gzip-coding.js';
import type { StreamConnection } from '../connection/stream-connection.js';
import type {
  HttpExchange,
  ResponseHeaders,
} from '../platform/http-exchange.js';
import { HttpTransport } from '../platform/http-transport.js';
import { acceptsGzip } from './accept-encoding.js';
import { releasePendingStream } from './pending-stream.js';
import type { RouteSettings } from './route-settings.js';
import { warnWithoutShutdownHooks } from './shutdown-warning.js';
import { shuttingDown } from './stream-admission.js';
import type { StreamRoute } from './stream-route.js';

const logger = new Logger('SseStream');

/** The last step of a request: its headers leave, and with them the first frames. */
export class StreamOpening {
  readonly #transport: HttpTransport;

  /** Listens from here on, so that a handler that is still at work hears of a client that left. */
  constructor(
    private readonly settings: RouteSettings,
    private readonly exchange: HttpExchange,
    private readonly route: StreamRoute,
    private readonly connection: StreamConnection,
  ) {
    this.#transport = new HttpTransport(
      exchange.response,
      connection,
      settings.allowsFastPath,
      this.#coding(),
    );
  }

  /** @throws what was thrown while headers were written, by a hook of the application or because one is invalid */
  async open(): Promise<void> {
    const { connection, exchange, route } = this;
    const { admission } = this.settings;
    if (connection.isOver) return;
    if (exchange.isAnswered) {
      connection.abandon();
      return;
    }
    if (admission.isDraining) {
      connection.abandon();
      admission.answerTo(exchange, shuttingDown())();
      return;
    }
    if (this.settings.compressionOf(route))
      exchange.response.appendHeader('vary', 'Accept-Encoding');
    const isPrivate = connection.session !== undefined;
    const own = {
      ...this.settings.encodingOf(route).headers,
      ...route.headers.for(isPrivate),
    };
    await exchange.handOver(own, (headers) => this.#send(headers));
  }

  #send(headers: ResponseHeaders): void {
    const { connection, exchange, route } = this;
    const { admission } = this.settings;
    const missed = admission.leave(exchange);
    releasePendingStream(exchange.response);
    try {
      connection.open(this.#transport, headers, missed);
    } catch (error) {
      connection.abandon();
      // The exception filters answer.
      if (!exchange.response.headersSent) throw error;
      logError(logger, `${route.name} could not be opened`, error);
      this.#transport.destroy();
      return;
    }
    warnWithoutShutdownHooks();
    // Those that were open have had their farewell while hooks of the application held these headers back.
    if (admission.isDraining) connection.drain(admission.drainRetry);
  }

  #coding(): GzipCoding | undefined {
    const { request } = this.exchange;
    const compression = this.settings.compressionOf(this.route);
    const header = request.headers['accept-encoding'] as string | undefined;
    return compression && acceptsGzip(header)
      ? this.settings.codingFor(compression)
      : undefined;
  }
}
