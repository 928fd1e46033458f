import { StreamEvent } from '../../event/event-record.js';
import type { SsePrincipal } from '../../event/principal.js';
import { foreignEventError, foreignStreamError } from './foreign-stream.js';

/** A connection, as far as it matters for what may be sent to it. */
export interface EventReader {
  readonly principal: SsePrincipal | undefined;
  /** Whether one of its bus streams is or was of this topic. */
  hasRead(topic: string): boolean;
}

/**
 * Refuses events of the bus, and the data of such events, that came to a connection by another way than a
 * bus stream of its own: a subject, a variable, a kept Observable. By where the data comes from, whoever
 * hands it on and whenever.
 * @throws SseException `FOREIGN_BUS_STREAM`
 */
export function refuseForeign(value: unknown, reader: EventReader): void {
  const event = StreamEvent.originOf(value);
  if (event === undefined) return;
  const owner = StreamEvent.ownerOf(event);
  if (owner !== undefined) {
    if (owner !== reader) throw foreignStreamError();
    return;
  }
  const { topic } = event;
  if (reader.hasRead(topic)) return;
  const audience = StreamEvent.audienceOf(event);
  if (audience?.mayRead(reader.principal, topic) !== true)
    throw foreignEventError(topic);
}
