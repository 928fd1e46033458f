import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** The response object of Node's HTTP/1 or HTTP/2 server. */
export type RawResponse = ServerResponse | Http2ServerResponse;

export type RawRequest = IncomingMessage | Http2ServerRequest;

/** One request and its response, whatever the platform around them. */
export interface HttpExchange {
  readonly request: RawRequest;
  readonly response: RawResponse;
  /** The client's address as the platform's trust-proxy setting sees it: never a raw header. */
  readonly address: string | undefined;
  /** Whether the client came by HTTPS, as the same setting sees it. */
  readonly isSecure: boolean;
  /**
   * Takes the response away from the framework, with the headers that it has set so far (CORS, cookies)
   * brought to the raw response.
   */
  takeOver(): void;
}

/** Recognises the objects of one platform. */
export type PlatformAdapter = (
  request: unknown,
  response: unknown,
) => HttpExchange | undefined;
