import { loadPeers } from '../../base/optional-peer.js';

/** The package that checks tokens, an optional peer dependency. */
export type Jose = typeof import('jose');

/** @throws SseException `MISSING_PACKAGE` */
export function loadJose(): Promise<Jose> {
  return loadPeers('jwtAuthenticator()', ['jose@^6'], () => import('jose'));
}
