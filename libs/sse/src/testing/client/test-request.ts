import type { INestApplication } from '@nestjs/common';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { SseException } from '../../base/exception.js';
import { checkOptions, type OptionRules } from '../../base/option-rules.js';
import { afterReal } from './real-time.js';
import { ServerSide } from './server-side.js';

/** How a stream is asked for. */
export interface TestStreamOptions {
  /** @default 'GET' */
  readonly method?: string | undefined;
  /** Beside `Accept: text/event-stream`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The cursor that the client comes with. */
  readonly lastEventId?: string | undefined;
  /**
   * How long the answer and each wait for events may take, in milliseconds, 1 or more; then the test fails with what
   * was missing and what came. Less than the limit of the test itself.
   * @default 4000
   */
  readonly timeoutMs?: number | undefined;
}

export const DEFAULT_TIMEOUT_MS = 4_000;

const RULES = {
  method: { type: 'string' },
  lastEventId: { type: 'string' },
  timeoutMs: { min: 1 },
} as const satisfies OptionRules;

/** A response whose headers have arrived. */
export interface TestResponse {
  readonly response: http.IncomingMessage;
  readonly request: http.ClientRequest;
  /** The server's end of the socket, where it is in this process. */
  readonly serverSocket: Socket | undefined;
}

/**
 * Asks an application for a stream over a real socket, and has it listen on a free port first if it does not.
 * @throws SseException `INVALID_OPTIONS`; Error if nothing answers in time
 */
export async function requestStream(
  app: INestApplication,
  path: string,
  options: TestStreamOptions,
): Promise<TestResponse> {
  const { headers: _headers, body: _body, ...checked } = options;
  checkOptions('openTestStream()', checked, RULES);
  const server = app.getHttpServer() as http.Server;
  if (server.listening !== true) await app.listen(0, '127.0.0.1');
  const url = new URL(path, await baseOf(app, server));
  const isSecure = url.protocol === 'https:';
  const side = new ServerSide(server, isSecure);
  const request = send(url, options);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const stop = afterReal(timeoutMs, () =>
    request.destroy(
      new Error(`${path} was not answered within ${timeoutMs} ms.`),
    ),
  );
  try {
    const [response] = (await once(request, 'response')) as [
      http.IncomingMessage,
    ];
    const serverSocket = side.of(request.socket?.localPort);
    return { request, response, serverSocket };
  } finally {
    stop();
    side.of(undefined);
  }
}

async function baseOf(
  app: INestApplication,
  server: http.Server,
): Promise<string> {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new SseException(
      'INVALID_OPTIONS',
      'openTestStream() needs an application that listens on a port.',
    );
  }
  const { protocol } = new URL(await app.getUrl());
  const host = address.family === 'IPv6' ? '[::1]' : '127.0.0.1';
  return `${protocol}//${host}:${address.port}`;
}

function send(
  url: URL,
  { method = 'GET', headers, body, lastEventId }: TestStreamOptions,
): http.ClientRequest {
  const { request } = url.protocol === 'https:' ? https : http;
  return request(url, {
    method,
    // A socket of its own, that can be dropped.
    agent: false,
    // Tests use certificates that nobody has signed.
    rejectUnauthorized: false,
    headers: {
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  }).end(body === undefined ? undefined : JSON.stringify(body));
}
