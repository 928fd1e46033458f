import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { atEnd } from './at-end.js';
import { until } from './until.js';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request, with whatever it likes to do to the response or its socket. */
export type Answer = (
  response: http.ServerResponse,
  request: ReceivedRequest,
) => unknown;

/** A server that answers by a script, one entry a request, the last one again and again. */
export class ScriptedServer {
  /** What came, in order. */
  readonly requests: ReceivedRequest[] = [];
  /** How many responses clients have not closed and we have not ended. */
  openCount = 0;

  private constructor(
    private readonly server: http.Server,
    private script: readonly Answer[],
  ) {
    server.on('request', (request, response) => {
      this.openCount++;
      response.on('close', () => this.openCount--);
      void this.#answer(request, response);
    });
  }

  static async start(...script: Answer[]): Promise<ScriptedServer> {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const scripted = new ScriptedServer(server, script);
    atEnd('the scripted server', () => scripted.close());
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Replaces what is left of the script. */
  answer(...script: Answer[]): void {
    this.script = script;
  }

  /** Waits until so many requests have come. */
  async untilRequests(count: number): Promise<ReceivedRequest> {
    await until(() => this.requests.length >= count, `${count} requests`);
    return this.requests[count - 1]!;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const { method = '', url = '', headers } = request;
    request.setEncoding('utf8');
    let body = '';
    for await (const text of request) body += String(text);
    const received = { method, path: url, headers, body };
    this.requests.push(received);
    const [answer, ...rest] = this.script;
    if (rest.length > 0) this.script = rest;
    await answer?.(response, received);
  }
}

/** Opens a stream and sends these chunks. */
export function stream(...chunks: (string | Uint8Array)[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (const chunk of chunks) response.write(chunk);
  };
}

/** As {@link stream}, and ends the response. */
export function streamAndEnd(...chunks: (string | Uint8Array)[]): Answer {
  return (response, request) => {
    stream(...chunks)(response, request);
    response.end();
  };
}

/** As {@link stream}, and cuts the socket once all of it is sent. */
export function streamAndCut(...chunks: (string | Uint8Array)[]): Answer {
  return (response, request) => {
    stream(...chunks)(response, request);
    response.write('', () => response.socket?.resetAndDestroy());
  };
}

export function status(
  code: number,
  headers: http.OutgoingHttpHeaders = {},
  body = '',
): Answer {
  return (response) => {
    response.writeHead(code, headers);
    response.end(body);
  };
}
