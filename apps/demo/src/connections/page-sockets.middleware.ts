import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import { PageSockets } from './page-sockets.service.js';

/** Notes which page opens a stream, from the `page` that our pages put into its URL. */
@Injectable()
export class PageSocketsMiddleware implements NestMiddleware {
  constructor(private readonly sockets: PageSockets) {}

  use(
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
    next: () => void,
  ): void {
    const url = request.originalUrl ?? request.url ?? '';
    const page = /^[^?]*\/stream\?(?:.*&)?page=([0-9a-f]{32})(?:&|$)/.exec(url);
    if (page?.[1]) this.sockets.add(page[1], response);
    next();
  }
}
