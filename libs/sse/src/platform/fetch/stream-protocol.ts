import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** What Electron's `registerStreamProtocol()` takes for an answer. */
export interface StreamProtocolResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly data: Readable;
}

/** What Electron's `registerStreamProtocol()` hands to its handler, as far as it is needed here. */
export interface StreamProtocolRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly uploadData?: readonly { readonly bytes?: Buffer }[] | undefined;
}

/**
 * The answer of a fetch handler in the form that Electron's older `protocol.registerStreamProtocol()` takes; newer
 * versions have `protocol.handle()`, which takes the `Response` itself. The stream ends when Electron destroys `data`.
 *
 * @example
 * protocol.registerStreamProtocol('myapp-sse', async (request, callback) => {
 *   callback(toStreamProtocolResponse(await handle(fromStreamProtocolRequest(request))));
 * });
 */
export function toStreamProtocolResponse(
  response: Response,
): StreamProtocolResponse {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of response.headers)
    if (name !== 'set-cookie') headers[name] = value;
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return {
    statusCode: response.status,
    headers,
    data:
      response.body === null
        ? Readable.from([])
        : Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
  };
}

/** A WHATWG request of what `registerStreamProtocol()` hands over. Parts of an upload that are files are left out. */
export function fromStreamProtocolRequest({
  url,
  method,
  headers,
  uploadData,
}: StreamProtocolRequest): Request {
  const parts = (uploadData ?? []).flatMap(({ bytes }) => bytes ?? []);
  return new Request(url, {
    method,
    headers,
    ...(parts.length > 0 && { body: Buffer.concat(parts) }),
  });
}
