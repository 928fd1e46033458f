import { isIP } from 'node:net';
import type { EventRecord } from '../event/event-record.js';
import type { SsePrincipal } from '../event/principal.js';
import { SseException } from '../base/exception.js';
import { assertOptions, checkOptions } from '../base/option-rules.js';
import { assertTopic } from '../event/topic.js';
import { addressKeyOf } from './limits/address.js';

/** Which connections are meant: those for which everything that is named here holds. */
export interface ConnectionMatch {
  /** The principal's id. */
  readonly principal?: string | undefined;
  /** A topic that one of the connection's bus streams covers. */
  readonly topic?: string | undefined;
  /** The connection's id. */
  readonly connection?: string | undefined;
  /** The client's address. Of IPv6 the first 64 bits count, as they do for limits. */
  readonly ip?: string | undefined;
}

/** How streams are ended. */
export interface DisconnectOptions {
  /** Told to the client, as the message of `stream-error`. */
  readonly reason?: string | undefined;
  /**
   * Whether clients are told to stay away: their next reconnect is answered with 204. It asks the client,
   * and it makes tickets of a named principal void; that the credentials are refused from then on is the
   * authenticator's business.
   * @default false
   */
  readonly terminal?: boolean | undefined;
}

/** What the connections of all nodes are told, as a record of the log. */
export type ConnectionCommand =
  | DisconnectCommand
  | { readonly type: 'revalidate'; readonly match: ConnectionMatch };

export interface DisconnectCommand {
  readonly type: 'disconnect';
  readonly match: ConnectionMatch;
  readonly reason?: string | undefined;
  readonly terminal: boolean;
}

const FIELDS = ['principal', 'topic', 'connection', 'ip'] as const;

/**
 * Refuses a match that names nothing, which would be everybody.
 * @throws SseException `INVALID_OPTIONS`, `INVALID_TOPIC`
 */
export function assertMatch(
  match: ConnectionMatch,
  isEmptyAllowed: boolean,
): void {
  assertOptions('SseConnections', match);
  const entries = Object.entries(match).filter(
    ([, value]) => value !== undefined,
  );
  const isSound =
    (isEmptyAllowed || entries.length > 0) &&
    entries.every(
      ([key, value]) =>
        (FIELDS as readonly string[]).includes(key) &&
        typeof value === 'string' &&
        value !== '',
    );
  if (!isSound) {
    throw new SseException(
      'INVALID_OPTIONS',
      `Name connections by one or more of ${FIELDS.join(', ')}, each a string that is not empty.`,
    );
  }
  if (match.topic !== undefined) assertTopic(match.topic);
  if (match.ip !== undefined && isIP(match.ip) === 0) {
    throw new SseException('INVALID_OPTIONS', 'ip must be an IP address.');
  }
}

/** @throws SseException `INVALID_OPTIONS` */
export function checkDisconnectOptions(options: DisconnectOptions): void {
  assertOptions('disconnect()', options);
  checkOptions('disconnect()', options, {
    reason: { type: 'string' },
    terminal: { type: 'boolean' },
  });
}

/** What a match looks at. */
export interface Matchable {
  readonly id: string;
  readonly principal: SsePrincipal | undefined;
  readonly address: string | undefined;
  covers(topic: string): boolean;
}

export function isMatch(match: ConnectionMatch, one: Matchable): boolean {
  const { principal, topic, connection, ip } = match;
  return (
    (principal === undefined || one.principal?.id === principal) &&
    (connection === undefined || one.id === connection) &&
    (ip === undefined || addressKeyOf(one.address) === addressKeyOf(ip)) &&
    (topic === undefined || one.covers(topic))
  );
}

/** The first command that ends this connection. */
export function disconnectOf(
  commands: readonly ConnectionCommand[],
  connection: Matchable,
): DisconnectCommand | undefined {
  for (const command of commands) {
    if (command.type === 'disconnect' && isMatch(command.match, connection))
      return command;
  }
  return undefined;
}

/** Reads a command; undefined for one of a later version, which this one cannot obey. */
export function parseCommand(
  record: EventRecord,
): ConnectionCommand | undefined {
  const { type } = record;
  if (type !== 'disconnect' && type !== 'revalidate') return undefined;
  return { ...(record.parse() as object), type } as ConnectionCommand;
}
