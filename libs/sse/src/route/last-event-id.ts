import type { RawRequest } from '../platform/http-exchange.js';

/**
 * Names of the query parameter, for clients that cannot set the header, such as a reloaded page: the one of most
 * libraries, nginx's and Mercure's.
 */
export const LAST_EVENT_ID_PARAMETERS: readonly string[] = [
  'lastEventId',
  'last_event_id',
  'lastEventID',
];

/**
 * The last id that the client has: the `Last-Event-ID` header, else the query parameter, and of that the
 * last one if it is repeated.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
export function lastEventIdOf(request: RawRequest): string | undefined {
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return asUtf8(header);
  const url = request.url ?? '';
  const start = url.indexOf('?');
  if (
    start < 0 ||
    !LAST_EVENT_ID_PARAMETERS.some((name) => url.includes(name, start))
  )
    return undefined;
  const query = new URLSearchParams(url.slice(start + 1));
  return [...query].findLast(
    ([name, value]) => LAST_EVENT_ID_PARAMETERS.includes(name) && value !== '',
  )?.[1];
}

/** The path of a request's URL, without the query. */
export function pathOf(request: RawRequest): string {
  const [path = ''] = (request.url ?? '').split('?', 1);
  return path;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Clients send an id in UTF-8, and Node reads the bytes of a header as Latin-1.
function asUtf8(header: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (!/[^\x00-\x7f]/.test(header)) return header;
  try {
    return utf8.decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}
