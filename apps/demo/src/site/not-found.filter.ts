import type { IncomingMessage } from 'node:http';
import {
  Catch,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PublicFiles } from './public-files.service.js';
import { securityHeaders } from './security-headers.js';

/** Shows a page to a person who asks for one that is not there. Programs get JSON, as Nest answers by itself. */
@Catch(NotFoundException)
export class NotFoundFilter implements ExceptionFilter<NotFoundException> {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly files: PublicFiles,
  ) {}

  async catch(exception: NotFoundException, host: ArgumentsHost) {
    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<unknown>();
    const status = exception.getStatus();
    const page = asksForPage(http.getRequest<IncomingMessage>())
      ? await this.files.read('/not-found')
      : undefined;
    if (page === undefined) {
      httpAdapter.reply(response, exception.getResponse(), status);
      return;
    }
    const headers = { ...securityHeaders, 'Content-Type': page.type };
    for (const [name, value] of Object.entries(headers)) {
      httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, page.body.toString(), status);
  }
}

function asksForPage({ method, url = '/', headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (/^\/(?:api|assets|source)(?:[/?]|$)/.test(url)) return false;
  return headers.accept?.includes('text/html') ?? false;
}
