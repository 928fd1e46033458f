import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** A name for a node that no other has: people read in it which process of which host it is. */
export function newNodeId(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
}
