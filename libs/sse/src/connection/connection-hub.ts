import { cursorFrame } from '../event/control-event.js';
import type { Frame } from '../event/frame.js';
import { EndingResponses } from './ending-responses.js';
import { FlushScheduler } from './flush-scheduler.js';
import type { StreamConnection } from './stream-connection.js';
import { TimerWheel } from './timer-wheel.js';

/** What the connections of one application share. */
export class ConnectionHub {
  readonly scheduler = new FlushScheduler();
  readonly wheel = new TimerWheel();
  /** The streams that are open. */
  readonly connections = new Set<StreamConnection>();
  readonly ending = new EndingResponses(this.wheel);
  /** Event blocks sent since the start. */
  eventsSent = 0;
  /** New streams are refused. */
  isDraining = false;
  #cursorId: string | undefined;
  #cursorFrame: Frame | undefined;

  /** The `stream-cursor` of an id, made once for all connections that stand there. */
  cursorFrame(id: string): Frame {
    if (this.#cursorFrame === undefined || this.#cursorId !== id) {
      this.#cursorId = id;
      this.#cursorFrame = cursorFrame(id);
    }
    return this.#cursorFrame;
  }
}
