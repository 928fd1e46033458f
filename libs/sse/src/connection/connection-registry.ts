import type { ControlListener } from '../bus/fan-out/tail.js';
import { cursorFrame } from '../event/control-event.js';
import type { EventRecord } from '../event/event-record.js';
import type { Frame } from '../event/frame.js';
import { parseCommand, type ConnectionCommand } from './connection-command.js';
import type { ConnectionObserver } from './connection-observer.js';
import { EndingResponses } from './output/lingering-responses.js';
import { FlushScheduler } from './output/flush-scheduler.js';
import type { StreamConnection } from './stream-connection.js';
import { TimerWheel } from './output/timer-wheel.js';

/** A stream that is on its way, and must obey when it opens what it missed meanwhile. */
export interface OpeningStream {
  missedCommands: ConnectionCommand[] | undefined;
}

/** What the connections of one application share. */
export class ConnectionHub implements ControlListener {
  readonly scheduler = new FlushScheduler();
  readonly wheel = new TimerWheel();
  /** The streams that are open. */
  readonly connections = new Set<StreamConnection>();
  /**
   * Streams between the moment before their credentials are looked at and their opening: a right that is
   * taken away in between would otherwise be noticed by nobody.
   */
  readonly openings = new Set<OpeningStream>();
  /** Further ones who obey. */
  readonly commandListeners = new Set<(command: ConnectionCommand) => void>();
  observer: ConnectionObserver | undefined;
  readonly ending = new EndingResponses(this.wheel);
  /** Event blocks sent since the start. */
  eventsSent = 0;
  /** New streams are refused. */
  isDraining = false;
  #cursorId: string | undefined;
  #cursorFrame: Frame | undefined;

  onControl(record: EventRecord): void {
    const command = parseCommand(record);
    if (command !== undefined) this.obey(command);
  }

  obey(command: ConnectionCommand): void {
    for (const listener of this.commandListeners) listener(command);
    for (const opening of this.openings)
      (opening.missedCommands ??= []).push(command);
    for (const connection of this.connections) connection.obey(command);
  }

  /** The `stream-cursor` of an id, made once for all connections that stand there. */
  cursorFrame(id: string): Frame {
    if (this.#cursorFrame === undefined || this.#cursorId !== id) {
      this.#cursorId = id;
      this.#cursorFrame = cursorFrame(id);
    }
    return this.#cursorFrame;
  }
}
