import { parseEndId, passingEndId, sourceEndId } from '../event/end-id.js';
import type { HttpExchange, RawRequest } from '../platform/http-exchange.js';
import { LAST_EVENT_ID_PARAMETERS, lastEventIdOf } from './last-event-id.js';
import { pendingStreamOf } from './pending-stream.js';

/** What says how a client asks, and not for what: it differs from one reconnect to the next. */
const PASSING_PARAMETERS: readonly string[] = [
  ...LAST_EVENT_ID_PARAMETERS,
  'ticket',
];

/** What a request asks for: its method, unless that is GET, its path, and its query without cursor and ticket. */
export function resourceOf({ method = 'GET', url = '' }: RawRequest): string {
  const start = url.indexOf('?');
  const target = start < 0 ? url : url.slice(0, start) + queryOf(url, start);
  return method === 'GET' ? target : `${method} ${target}`;
}

/** Whether a client comes back to the end of a source that it was told of. */
export function isKnownEnd({ request, response }: HttpExchange): boolean {
  const id = lastEventIdOf(request);
  if (id === undefined || parseEndId(id) === undefined) return false;
  const resource = resourceOf(request);
  const principal = pendingStreamOf(response).session?.principal.id;
  return (
    id === sourceEndId(resource, principal) ||
    id === passingEndId(resource, principal)
  );
}

function queryOf(url: string, start: number): string {
  const query = new URLSearchParams(url.slice(start));
  for (const name of PASSING_PARAMETERS) query.delete(name);
  query.sort();
  return query.size === 0 ? '' : `?${query}`;
}
