import { cursorFrame } from '../../event/control-event.js';
import type { Frame } from '../../event/frame.js';
import { FlushScheduler } from './flush-scheduler.js';
import { LingeringResponses } from './lingering-responses.js';
import { TimerWheel } from './timer-wheel.js';

/** What all connections of one application share in order to write: one flush a turn, one timer, one count. */
export class WriteLoop {
  readonly scheduler = new FlushScheduler();
  readonly wheel = new TimerWheel();
  readonly lingering = new LingeringResponses(this.wheel);
  /** Event blocks written since the start, of any kind. */
  blocksSent = 0;
  /** Their bytes, before any compression. */
  bytesSent = 0;
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
