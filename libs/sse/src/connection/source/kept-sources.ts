import { foreignStreamError } from '../../bus/binding/foreign-stream.js';
import type { ConnectionPort } from '../../bus/binding/connection-port.js';

/** Observables in which a stream that is bound to a connection was subscribed, and which connection. */
const owners = new WeakMap<object, ConnectionPort>();

/**
 * Refuses an Observable that was built around one connection's bus stream, kept, and returned for another
 * one: a `merge()` or an Observable of the application's own is not derived from the stream by an operator.
 * @throws SseException `FOREIGN_BUS_STREAM`
 */
export function refuseKept(source: object, binding: ConnectionPort): void {
  const owner = owners.get(source);
  if (owner !== undefined && owner !== binding) throw foreignStreamError();
}

/** Remembers that this Observable has a bound stream of that connection in it. */
export function noteOwner(source: object, binding: ConnectionPort): void {
  owners.set(source, binding);
}
