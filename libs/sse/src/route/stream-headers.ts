/**
 * The headers of every stream. `no-transform` and `X-Accel-Buffering` keep proxies and compression
 * middleware from holding events back.
 */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};
