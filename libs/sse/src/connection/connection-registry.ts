import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { ControlListener } from '../bus/fan-out/tail.js';
import type { ResetReason } from '../event/reset-reason.js';
import type { EventRecord } from '../event/event-record.js';
import {
  parseCommand,
  type ConnectionCommand,
  type Matchable,
} from './connection-command.js';
import type { CloseReason } from './close-reason.js';
import type { ConnectionObserver } from './connection-observer.js';
import type { ConnectionStanding } from './connection-standing.js';
import type { RetryOptions } from './stream-settings.js';

/** An open connection, as the application's services reach it. */
export interface RegisteredConnection extends SseConnection, Matchable {
  readonly standing: ConnectionStanding;
  obey(command: ConnectionCommand): void;
  drain(retry: RetryOptions | false): void;
}

/**
 * A request that has been authenticated but is not a connection yet. Commands given meanwhile (disconnect) are
 * kept here and applied when it opens.
 */
export interface PendingConnection {
  missedCommands: ConnectionCommand[] | undefined;
  /** Answers the request, because the server goes away while its handler is still at work. */
  refuse: (() => void) | undefined;
}

/** Which streams one application has, and who is told of them. */
export class ConnectionRegistry implements ControlListener {
  /** The streams that are open. */
  readonly connections = new Set<RegisteredConnection>();
  /**
   * Streams between the moment before their credentials are looked at and their opening: a right that is
   * taken away in between would otherwise be noticed by nobody.
   */
  readonly pending = new Set<PendingConnection>();
  /** Others that act on commands: the ticket service voids tickets. */
  readonly commandListeners = new Set<(command: ConnectionCommand) => void>();
  /** Those who take what else nodes tell each other, such as changes of a stream's topics. */
  readonly signalListeners = new Set<(record: EventRecord) => void>();
  /** Who is told of each stream that opens and closes. */
  readonly observers = new Set<ConnectionObserver>();
  /** New streams are refused. */
  isDraining = false;

  onControl(record: EventRecord): void {
    const command = parseCommand(record);
    if (command !== undefined) this.obey(command);
    else for (const listener of this.signalListeners) listener(record);
  }

  // A command may be among the records that are missing: who lost a right meanwhile is found by asking again.
  onReset(): void {
    this.obey({ type: 'revalidate', match: {} });
  }

  obey(command: ConnectionCommand): void {
    for (const listener of this.commandListeners) listener(command);
    for (const pending of this.pending)
      (pending.missedCommands ??= []).push(command);
    for (const connection of this.connections) connection.obey(command);
  }

  tellOfOpen(connection: SseConnection): void {
    for (const one of this.observers) one.onOpen(connection);
  }

  tellOfReset(connection: SseConnection, reason: ResetReason): void {
    for (const one of this.observers) one.onReset?.(connection, reason);
  }

  tellOfError(connection: SseConnection, error: unknown): void {
    for (const one of this.observers) one.onError?.(connection, error);
  }

  tellOfClose(connection: SseConnection, reason: CloseReason): void {
    for (const one of this.observers) one.onClose(connection, reason);
  }
}
