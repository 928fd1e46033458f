/**
 * One native EventSource, and what the control events of nestjs-event-stream say about it. It reconnects and resumes
 * by itself, as every EventSource does: nothing here keeps the stream alive, it only reports.
 *
 * States: connecting, replaying (open, not caught up), live, reset (the gap could not be filled), reconnecting,
 * ended (the source is done), closed (by the reader), refused (the server answered no stream), paused (another tab
 * needed the connection).
 */
import { onLook, StreamSlot } from './stream-slot.js';

/** What the demo's module and routes set as `retry`: an EventSource follows it but does not tell it. */
const DEFAULT_RETRY_MS = 2000;

/** A reset is over within milliseconds; this long it stays readable. */
const SHOW_RESET_MS = 4000;

/** Names this page towards POST /api/connections/cut. Not crypto.randomUUID: that needs https or localhost. */
export const pageId = Array.from(
  crypto.getRandomValues(new Uint8Array(16)),
  (byte) => byte.toString(16).padStart(2, '0'),
).join('');

export class LiveStream extends EventTarget {
  state = 'connecting';
  retryAt = 0;
  facts = {
    received: 0,
    replayed: undefined,
    reconnects: 0,
    resets: 0,
    heartbeatMs: undefined,
    cursor: '',
  };
  notice = undefined;
  /** The `code` and `message` of the last `stream-error`. */
  failure = undefined;

  /** Off, the browser reconnects after stream-end and has to be told by the server to stop. */
  closeAtEnd = true;

  #source;
  #slot;
  #keepsSlot;
  #listeners = [];
  #settleTimer;
  #opened = false;
  #ended = false;
  #caughtUp = false;

  /**
   * `resumes` is false for a source of the handler's own: it has no cursor and never says stream-live.
   * `cursor` is what an earlier load of the page had; a new EventSource can only pass it in the URL.
   * `keepsSlot` is for a stream of all tabs, which must not pause for one of them.
   */
  constructor(
    path,
    {
      resumes = true,
      retryMs = DEFAULT_RETRY_MS,
      cursor = '',
      keepsSlot = false,
    } = {},
  ) {
    super();
    this.#keepsSlot = keepsSlot;
    onLook(() => this.state === 'paused' && this.open());
    this.path = path;
    this.resumes = resumes;
    this.retryMs = retryMs;
    this.facts.cursor = cursor;
  }

  /** Hears an ordinary event; JSON is parsed unless `raw`. Call before open(). */
  on(type, handle, { raw = false } = {}) {
    this.#listeners.push([
      type,
      (event) => {
        this.#note(event);
        this.facts.received++;
        handle(raw ? event.data : JSON.parse(event.data), event);
        this.#changed();
      },
    ]);
    return this;
  }

  open() {
    this.notice = undefined;
    this.close('connecting');
    this.#slot = new StreamSlot({
      kept: this.#keepsSlot,
      onGranted: () => this.#connect(),
      onTaken: () => this.#pause(),
    });
  }

  #connect() {
    const url = new URL(this.path, location.href);
    url.searchParams.set('page', pageId);
    if (this.facts.cursor)
      url.searchParams.set('lastEventId', this.facts.cursor);
    this.#opened = false;
    this.#ended = false;
    this.#source = new EventSource(url);
    this.#source.addEventListener('error', () => this.#interrupted());
    for (const [type, listener] of [...this.#controls(), ...this.#listeners]) {
      this.#source.addEventListener(type, listener);
    }
  }

  #pause() {
    this.notice = {
      tone: 'warn',
      text: `Paused: a browser has few connections to one site, and other tabs use them.${this.resumes ? ' What you miss is replayed.' : ''}`,
      action: 'Go on here',
    };
    this.close('paused');
  }

  close(state = 'closed') {
    clearTimeout(this.#settleTimer);
    this.#source?.close();
    this.#source = undefined;
    this.#slot?.release();
    this.#enter(state);
  }

  /** Forgets the cursor, so that the next open() starts like a new reader. */
  forget() {
    this.facts.cursor = '';
  }

  #controls() {
    // The id of an end or of a final error says so: to come back with it is to be told again that it is over.
    const isLast = (type) => type === 'stream-end' || type === 'stream-error';
    const control = (type, handle) => [
      type,
      (event) => {
        if (!isLast(type)) this.#note(event);
        handle(event.data ? JSON.parse(event.data) : {});
        this.#changed();
      },
    ];
    return [
      control('stream-open', ({ heartbeatMs }) => {
        this.facts.heartbeatMs = heartbeatMs;
        if (this.#opened) this.facts.reconnects++;
        this.#opened = true;
        this.#ended = false;
        this.#caughtUp = false;
        this.notice = undefined;
        this.#enter(this.resumes ? 'replaying' : 'live');
      }),
      control('stream-live', ({ replayed }) => {
        this.facts.replayed = replayed;
        this.#caughtUp = true;
        if (this.state !== 'reset') this.#enter('live');
      }),
      control('stream-reset', ({ reason }) => {
        this.facts.resets++;
        this.#caughtUp = false;
        this.notice = { tone: 'warn', text: resetText(reason) };
        this.#enter('reset');
        clearTimeout(this.#settleTimer);
        this.#settleTimer = setTimeout(
          () => this.#enter(this.#caughtUp ? 'live' : 'replaying'),
          SHOW_RESET_MS,
        );
      }),
      control('stream-cursor', () => {}),
      control('stream-error', ({ code, message, retryable }) => {
        this.failure = { code, message };
        this.notice = {
          tone: 'bad',
          text: `${message} (${code})`,
          action: retryable ? undefined : 'Open it again',
        };
        // Without this the browser would come back for ever to be refused again.
        if (!retryable) this.close('refused');
      }),
      control('stream-end', () => {
        this.#ended = true;
        if (this.closeAtEnd) this.close('ended');
        else this.#enter('ended');
        this.dispatchEvent(new Event('end'));
      }),
    ];
  }

  #interrupted() {
    clearTimeout(this.#settleTimer);
    if (this.#source?.readyState === EventSource.CLOSED) {
      // No status is shown to a page. After an end it was 204, the server's way to say stop.
      if (!this.#ended) {
        this.notice = {
          tone: 'bad',
          text: 'The server answered, but not with a stream.',
          action: 'Try again',
        };
      }
      this.close(this.#ended ? 'ended' : 'refused');
      this.dispatchEvent(new Event('stopped'));
      return;
    }
    this.retryAt = Date.now() + this.retryMs;
    this.#enter('reconnecting');
  }

  #note(event) {
    if (event.lastEventId) this.facts.cursor = event.lastEventId;
  }

  #enter(state) {
    this.state = state;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

const resetReasons = {
  epoch: 'the server began a new log, as it does when it restarts',
  truncated: 'the log does not reach back that far any more',
  ahead: 'this page is ahead of the log',
  malformed: 'the cursor was not one of this log',
  'max-age': 'the missed events are older than this route replays',
};

function resetText(reason) {
  return `Reset: ${resetReasons[reason] ?? reason}. What you see was built anew from a snapshot.`;
}
