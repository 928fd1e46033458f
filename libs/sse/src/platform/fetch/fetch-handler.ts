import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { INestApplication } from '@nestjs/common';
import { checkOptions } from '../../base/option-rules.js';
import { SseException } from '../../base/exception.js';
import { inject, type InjectedResponse } from './injection.js';
import { dispatcherOf } from './dispatcher.js';
import { webStreamOf } from './web-stream.js';

/** How requests are handed to the application. */
export interface FetchHandlerOptions {
  /**
   * The path and query that a request is for, such as `/orders/42/events?x=1`.
   * @default of `http:` and `https:` URLs their own; of any other scheme the host too: `myapp-sse://orders/42` is
   *   `/orders/42`
   */
  readonly pathOf?: ((url: URL) => string) | undefined;
}

/**
 * Answers a WHATWG `Request` with a streaming `Response` by the application, in process and without a port: for
 * Electron's `protocol.handle()`, for tests, and for platforms that speak fetch. Cancelling the body, or aborting the
 * request, ends the stream; a body that is not read makes the stream wait, as a slow client would.
 *
 * Needs `app.init()` (or `listen()`) first, and the package `light-my-request`.
 *
 * @example
 * const app = await NestFactory.create(AppModule);
 * await app.init();
 * const handle = createFetchHandler(app);
 * const response = await handle(new Request('http://localhost/orders/42/events'));
 *
 * @throws SseException `INVALID_OPTIONS`
 */
export function createFetchHandler(
  app: INestApplication,
  options: FetchHandlerOptions = {},
): (request: Request) => Promise<Response> {
  checkOptions('createFetchHandler()', options, {
    pathOf: { type: 'function' },
  });
  const { pathOf = defaultPathOf } = options;
  const dispatcher = dispatcherOf(app);
  return async (request) => {
    const url = new URL(request.url);
    const path = pathOf(url);
    if (typeof path !== 'string' || !path.startsWith('/'))
      throw new SseException(
        'INVALID_OPTIONS',
        `pathOf() of createFetchHandler() must give a path that begins with a slash, and gave ${JSON.stringify(path)} for ${url.protocol}.`,
      );
    request.signal.throwIfAborted();
    const injected = await inject(await dispatcher(), {
      method: request.method,
      path,
      headers: headersOf(request, url),
      body: request.body as NodeReadableStream<Uint8Array> | null,
      signal: request.signal,
    });
    return responseOf(injected);
  };
}

function headersOf(request: Request, url: URL): Record<string, string> {
  const headers: Record<string, string> = {
    host: url.host || 'localhost',
    ...Object.fromEntries(request.headers),
  };
  // How parsers of bodies know that there is one.
  if (request.body !== null && headers['content-length'] === undefined)
    headers['transfer-encoding'] = 'chunked';
  return headers;
}

function defaultPathOf({ protocol, host, pathname, search }: URL): string {
  const isWeb = protocol === 'http:' || protocol === 'https:';
  const path = isWeb || host === '' ? pathname : `/${host}${pathname}`;
  return `${path.startsWith('/') ? path : `/${path}`}${search}`;
}

/** Statuses whose responses have no body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** They concern one connection, and there is none. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
]);

function responseOf({ status, headers, body }: InjectedResponse): Response {
  const sent = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || HOP_BY_HOP.has(name)) continue;
    for (const one of [value].flat()) sent.append(name, String(one));
  }
  if (WITHOUT_BODY.has(status)) {
    body.destroy();
    return new Response(null, { status, headers: sent });
  }
  return new Response(webStreamOf(body), {
    status,
    headers: sent,
  });
}
