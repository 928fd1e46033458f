import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { RequestLog } from './request-log.service.js';

const MAX_PATH = 200;

/**
 * Logs each request of a page or of the API when its response is over; a stream is over when it ends. The query is
 * left out, because ids and tickets travel in it and every page may read this log; so are headers and addresses.
 */
@Injectable()
export class RequestLogMiddleware implements NestMiddleware {
  constructor(private readonly log: RequestLog) {}

  use(
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: () => void,
  ): void {
    const url = request.originalUrl ?? request.url ?? '/';
    const path = url.split('?', 1)[0]!;
    if (!/^\/(?:assets|source)\//.test(path)) {
      const startedAt = performance.now();
      response.once('close', () => {
        this.log.append({
          at: new Date().toISOString(),
          method: request.method ?? 'GET',
          path: path.slice(0, MAX_PATH),
          status: response.statusCode,
          ms: Math.round(performance.now() - startedAt),
          aborted: response.writableFinished ? undefined : true,
        });
      });
    }
    next();
  }
}
