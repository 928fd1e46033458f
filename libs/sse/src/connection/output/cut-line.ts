import { Logger } from '@nestjs/common';
import { oneLine } from '../../base/log-error.js';
import type { SsePrincipal } from '../../event/principal.js';

/** Who was cut, as the log names them. */
export interface CutConnection {
  readonly id: string;
  readonly route: string;
  readonly principal: SsePrincipal | undefined;
  readonly address: string | undefined;
  readonly openedAt: number;
  readonly blocksSent: number;
}

const logger = new Logger('SseStream');

/**
 * Logs that the server broke a client's connection: one line for people, whose end is made of `name=value` for programs.
 * @param why what the client did
 * @param waitingBytes what it has not taken
 */
export function logCut(
  connection: CutConnection,
  why: string,
  waitingBytes: number,
): void {
  const { route, id, principal, address, openedAt, blocksSent } = connection;
  const fields = Object.entries({
    connection: id,
    principal: principal?.id,
    address,
    openMs: Date.now() - openedAt,
    blocksSent,
    waitingBytes,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${shown(String(value))}`);
  logger.warn(
    `${route}: a client was disconnected because it ${why} (${fields.join(' ')})`,
  );
}

/** A value that ends where the next blank is. */
function shown(value: string): string {
  return /^[\w.:@-]+$/.test(value) ? value : JSON.stringify(oneLine(value));
}
