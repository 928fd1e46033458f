import type { RawRequest } from '../platform/http-exchange.js';

/** Names of the query parameter, for clients that cannot set the header, such as a reloaded page. */
const PARAMETERS = ['lastEventId', 'last_event_id'] as const;

/**
 * The last id that the client has: the `Last-Event-ID` header, else the query parameter, and of that the
 * last one if it is repeated.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header
 */
export function lastEventIdOf(request: RawRequest): string | undefined {
  const header = request.headers['last-event-id'];
  if (typeof header === 'string' && header !== '') return header;
  const url = request.url ?? '';
  const start = url.indexOf('?');
  if (start < 0 || !PARAMETERS.some((name) => url.includes(name, start)))
    return undefined;
  const query = new URLSearchParams(url.slice(start + 1));
  const values = PARAMETERS.flatMap((name) => query.getAll(name)).filter(
    (value) => value !== '',
  );
  return values.at(-1);
}

/** The path of a request's URL, without the query. */
export function pathOf(request: RawRequest): string {
  const [path = ''] = (request.url ?? '').split('?', 1);
  return path;
}
