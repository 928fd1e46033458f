import type { Logger } from '@nestjs/common';
import { SseException } from '../../base/exception.js';
import type { RedisConnection } from './redis-connection.js';
import { ANSWER_LIMIT_MS } from './redis-link.js';

/** XADD with NOMKSTREAM, XTRIM with MINID and GETDEL came with it. */
const OLDEST = [6, 2] as const;

/**
 * Refuses a server that cannot hold the log, and warns of one that may lose it. Hosted servers may not let users
 * ask: what cannot be known is not held against them.
 * @throws SseException `LOG_UNSUITABLE`
 */
export async function assertSuitable(
  connection: RedisConnection,
  logger: Logger,
): Promise<void> {
  const server = await ask(connection, 'info', 'server');
  const version = /redis_version:(\d+)\.(\d+)(\S*)/.exec(server);
  if (version !== null && isOlder(Number(version[1]), Number(version[2]))) {
    throw new SseException(
      'LOG_UNSUITABLE',
      `Redis ${version[1]}.${version[2]}${version[3]} is too old for the event log: it needs ${OLDEST.join('.')} or newer.`,
    );
  }
  const memory = await ask(connection, 'info', 'memory');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  const limit = /maxmemory:(\d+)/.exec(memory)?.[1];
  if (policy === undefined || policy === 'noeviction' || limit === '0') return;
  logger.warn(
    `Redis has maxmemory-policy ${policy}: when its memory is full it may throw the event log away, and all streams ` +
      'are reset. Set noeviction, or give the log a server of its own.',
  );
}

function isOlder(major: number, minor: number): boolean {
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

async function ask(
  connection: RedisConnection,
  ...[command, section]: [string, string]
): Promise<string> {
  try {
    return String(await connection.call(ANSWER_LIMIT_MS, command, section));
  } catch (error) {
    if (!connection.isOpen) throw error;
    return '';
  }
}
