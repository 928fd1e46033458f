import type { Payload } from '../harness/payload.js';

/** A running server, as its process drives it. */
export interface Contestant {
  readonly port: number;
  /** The stream that every client of a fan-out opens. */
  readonly path: string;
  /** What a client has read once it gets all later events. */
  readonly readyWhen: string;
  /** To all open streams. */
  publish(payload: Payload): void;
  /** What a scenario asks of this server alone. */
  readonly calls?: Readonly<Record<string, (argument: never) => unknown>>;
}

/** Every file in `servers/` that scenarios name exports one as `start`. */
export type Start = (options: never) => Promise<Contestant>;

/** The first bytes of any response. */
export const RESPONSE_STARTED = 'HTTP/1.1 200';
