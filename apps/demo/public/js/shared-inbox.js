/**
 * One stream of the inbox for all tabs of a browser: the tab that has the lock reads it and tells the others. When that
 * tab is closed, the lock and with it the stream goes to the next one.
 */
import { LiveStream } from './live-stream.js';

export class SharedInbox extends EventTarget {
  state = 'connecting';
  count = 0;
  /** What the server said when it ended the stream. */
  failure = undefined;

  #channel;
  #closing = new AbortController();
  #stream;
  #connection;

  constructor(user) {
    super();
    this.#channel = new BroadcastChannel(`demo-inbox ${user.id}`);
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    this.#channel.postMessage({ ask: 'state' });
    const { signal } = this.#closing;
    addEventListener('pagehide', (event) => this.#leave(event), { signal });
    this.#waitForLead(`demo-inbox ${user.id}`);
  }

  /** After the server has ended it. */
  reopen() {
    if (this.#stream) this.#stream.open();
    else this.#channel.postMessage({ ask: 'reopen' });
  }

  get isClosed() {
    return this.#closing.signal.aborted;
  }

  close() {
    this.#closing.abort();
    this.#channel.close();
    this.#stream?.close();
  }

  async #waitForLead(name) {
    const { signal } = this.#closing;
    const lead = () => {
      if (signal.aborted) return undefined;
      this.#lead();
      return new Promise((resolve) =>
        signal.addEventListener('abort', resolve),
      );
    };
    // Without locks, which need https or localhost, each tab has a stream of its own.
    if (!navigator.locks) lead();
    else
      await navigator.locks.request(name, { signal }, lead).catch((error) => {
        // Closed before it was its turn.
        if (error.name !== 'AbortError') throw error;
      });
  }

  #lead() {
    const show = ({ count, connection = this.#connection }) => {
      this.#connection = connection;
      this.#tell({ count });
    };
    this.#stream = new LiveStream('/api/inbox/stream', { keepsSlot: true })
      .on('inbox.snapshot', show)
      .on('inbox.unread', show);
    this.#stream.addEventListener('change', () => {
      const { state, failure } = this.#stream;
      if (state !== this.state) this.#tell({ state, failure });
    });
    this.#stream.open();
  }

  #hear({ ask, told }) {
    if (told) this.#accept(told);
    else if (this.#stream && ask === 'reopen') this.#stream.open();
    else if (this.#stream && ask === 'state') this.#tell({});
  }

  /** Changes the state here and in the other tabs. */
  #tell(change) {
    this.#accept(change);
    if (this.isClosed) return;
    const { state, count, failure } = this;
    this.#channel.postMessage({ told: { state, count, failure } });
  }

  #accept(change) {
    const before = this.state;
    Object.assign(this, change);
    this.dispatchEvent(new Event('change'));
    if (this.state === 'refused' && before !== 'refused')
      this.dispatchEvent(new Event('refused'));
  }

  /** A beacon outlives its page; without it the server would notice a killed page only when it writes to it. */
  #leave({ persisted }) {
    if (this.#connection !== undefined) {
      const body = JSON.stringify({ connection: this.#connection });
      const type = 'application/json';
      navigator.sendBeacon('/api/inbox/close', new Blob([body], { type }));
    }
    if (persisted) this.close();
  }
}
