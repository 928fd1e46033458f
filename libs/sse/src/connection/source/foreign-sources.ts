import { foreignStreamError } from '../../bus/binding/foreign-stream.js';
import type { ConnectionPort } from '../../bus/binding/connection-port.js';

/** Observables that handlers returned after they had bound a bus stream, and for whom. */
const owners = new WeakMap<object, ConnectionPort>();

/**
 * Refuses an Observable that was built around one user's bound stream, kept, and returned to another one.
 * @throws SseException `FOREIGN_BUS_STREAM`
 */
export function refuseForeign(
  source: unknown,
  binding: ConnectionPort,
  isBound: boolean,
): void {
  if (typeof source !== 'object' || source === null) return;
  const owner = owners.get(source);
  if (owner !== undefined && owner !== binding) throw foreignStreamError();
  if (isBound) owners.set(source, binding);
}
