import type { SsePrincipal } from '../../event/principal.js';
import type { ConnectionPort } from './connection-port.js';

/**
 * One open stream, as handlers and services see it.
 *
 * @example
 * \@SseStream()
 * watch(\@SseConn() connection: SseConnection) {
 *   return this.bus.stream(`users.${connection.principal?.id}`, { connection });
 * }
 */
export abstract class SseConnection {
  /** Unique and unguessable. */
  abstract readonly id: string;
  /** Who is connected; undefined on routes without authentication. */
  abstract readonly principal: SsePrincipal | undefined;
  /** The client's address, as the platform's trust-proxy setting sees it. */
  abstract readonly address: string | undefined;
  /** `Controller.method` */
  abstract readonly route: string;
  /** The cursor the client came with. */
  abstract readonly lastEventId: string | undefined;
  /** When the request arrived, in milliseconds since the Unix epoch. */
  abstract readonly openedAt: number;
  /** Aborted once the stream is over, whatever ended it. */
  abstract readonly signal: AbortSignal;
  /** How many event blocks were sent, heartbeats and control events among them. */
  abstract readonly blocksSent: number;
  /** The topics and patterns of its bus streams. */
  abstract readonly topics: readonly string[];
  /** @internal */
  abstract readonly binding: ConnectionPort;
  /** Ends the stream; the client may reconnect. */
  abstract close(): void;
}
