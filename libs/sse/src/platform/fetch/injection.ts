import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { loadPeers } from '../../base/optional-peer.js';
import type { Dispatch } from './dispatcher.js';

/** One request, as it is handed to the application. */
export interface InjectedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** What the application answers: its headers have left. */
export interface InjectedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Hands a request to the application and resolves when the headers of its response have left. */
export async function inject(
  dispatch: Dispatch,
  { method, path, headers, body, signal }: InjectedRequest,
): Promise<InjectedResponse> {
  const { default: lightMyRequest } = await loadPeers(
    'createFetchHandler()',
    ['light-my-request@^6'],
    () => import('light-my-request'),
  );
  let response: ServerResponse | undefined;
  let stream: Readable | undefined;
  const abort = (): void => {
    // Its reader hears why, as of any request that is aborted.
    stream?.destroy(signal.reason as Error);
    response?.destroy();
  };
  signal.addEventListener('abort', abort, { once: true });
  const keep = (request: IncomingMessage, own: ServerResponse): void => {
    response = own;
    own.once('close', () => signal.removeEventListener('abort', abort));
    dispatch(request, own);
  };
  const injected = await lightMyRequest(keep as never, {
    method: method as 'GET',
    url: path,
    headers,
    payloadAsStream: true,
    ...(body !== null && { payload: Readable.fromWeb(body) }),
  });
  stream = injected.stream();
  // A reader that goes away is a client that leaves. The response does not notice by itself.
  stream.once('close', () => response?.destroy());
  // The reader hears of it by the stream; without a listener it would end the process.
  stream.on('error', () => undefined);
  return {
    status: injected.statusCode,
    headers: injected.headers as InjectedResponse['headers'],
    body: stream,
  };
}
