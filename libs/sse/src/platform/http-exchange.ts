import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** The response object of Node's HTTP/1 or HTTP/2 server. */
export type RawResponse = ServerResponse | Http2ServerResponse;

/** The request object of Node's HTTP/1 or HTTP/2 server. */
export type RawRequest = IncomingMessage | Http2ServerRequest;

/** Response headers, with names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | string[]>>;

/** One request and its response, whatever the platform around them. */
export interface HttpExchange {
  readonly request: RawRequest;
  readonly response: RawResponse;
  /** The client's address as the platform's trust-proxy setting sees it: never a raw header. */
  readonly address: string | undefined;
  /** Whether the client came by HTTPS, as the same setting sees it. */
  readonly isSecure: boolean;
  /** Whether somebody else has answered: headers have left, or {@link watchAnswers} has seen an answer begin. */
  readonly isAnswered: boolean;
  /**
   * Notices from here on also an answer that is on its way: the hooks and middleware of an application may keep
   * its headers back for a while.
   */
  watchAnswers(): void;
  /** Answers in one piece. Throws if a header is refused, while nothing has been sent. */
  send(status: number, headers: ResponseHeaders, body?: Buffer): void;
  /**
   * Has the framework do all that it does before headers leave, and then has a stream opened on the raw response.
   * @param open sends the headers that it is given, which are all that have to be sent
   * @returns once the stream is open or somebody else has answered
   * @throws what `open` throws: nothing has been sent then, and all headers but the stream's own are as before
   */
  handOver(
    headers: ResponseHeaders,
    open: (headers: ResponseHeaders) => void,
  ): Promise<void>;
}

/** Recognises the objects of one platform. */
export type PlatformAdapter = (
  request: unknown,
  response: unknown,
) => HttpExchange | undefined;
