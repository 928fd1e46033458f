import type { StreamSink } from '../connection.js';
import type { EventStreamError } from '../event-stream-error.js';
import type { EventStreamOptions } from '../event-stream-options.js';
import { watchPage } from '../page-events.js';
import { StoredCursor } from '../stored-cursor.js';
import type { ClosedReason, StreamState } from '../stream-state.js';
import { EventHistory, type SharedEvent } from './event-history.js';
import { LeaderLock } from './leader-lock.js';
import { TabConnection } from './tab-connection.js';
import {
  clonable,
  restored,
  type LeaderMessage,
  type TabMessage,
} from './tab-message.js';

/** What a tab is to the others: the one with the connection, or one that gets what comes of it. */
export type TabRole = 'leader' | 'follower';

/** How long a tab waits for a sign of the leader before it asks, at least, and then for the answer. */
const SILENCE_MS = 2000;

/** More than this, and a tab whose loops are slow asks for what it missed once they are done. */
const MAX_WAITING = 1000;

/**
 * One tab's part of a stream that all tabs of an origin share.
 *
 * The tab that holds the lock has the connection and tells the others what comes. A tab that hears of a new leader joins
 * it: it says which event it had last, and gets what it missed once the leader itself is up to date. So a tab that is
 * behind the new leader loses nothing; one that was ahead knows by their ids the events that it has had.
 */
export class SharedConnection {
  readonly #tab = crypto.randomUUID();
  readonly #history = new EventHistory();
  readonly #cursor: StoredCursor;
  readonly #closing = new AbortController();
  readonly #lock: LeaderLock;
  #channel: BroadcastChannel | undefined;
  /** The leader's connection, or one with which a follower catches up where the leader cannot help it. */
  readonly #connection: TabConnection;
  #role: TabRole = 'follower';
  #state: StreamState = { name: 'connecting' };
  #leader = '';
  #term = 0;
  #count = 0;
  /** Of a leader: who joined before it was up to date. */
  #joined: { readonly from: string; readonly after: string }[] = [];
  /** Of a follower: names what it asked for last, whose answer alone counts. */
  #joinId = '';
  /** Of a follower: what came since it joined, or since its loops fell behind. */
  #waiting: LeaderMessage[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    private readonly name: string,
    options: EventStreamOptions,
    private readonly sink: StreamSink,
    private readonly onRole: (role: TabRole) => void,
  ) {
    this.#cursor = new StoredCursor(url, options, (error) =>
      sink.onFailure(error),
    );
    this.#connection = new TabConnection(url, options, sink);
    this.#lock = new LeaderLock(name, {
      onLead: () => this.#lead(),
      onLost: () => this.#follow(),
    });
    watchPage(
      {
        onWake: () => undefined,
        onHide: () => this.#leave(),
        onShow: () => this.#enter(),
      },
      this.#closing.signal,
    );
  }

  get lastEventId(): string {
    return this.#cursor.value;
  }

  async run(): Promise<void> {
    this.sink.onState(this.#state);
    await this.#cursor.load();
    if (!this.#closing.signal.aborted) this.#enter();
  }

  reconnect(): void {
    this.#connection.reconnect();
  }

  close(reason: ClosedReason, error?: EventStreamError): void {
    if (this.#closing.signal.aborted) return;
    if (!this.sink.drained()) this.#cursor.save();
    this.sink.onState({ name: 'closed', reason, ...(error && { error }) });
    this.#closing.abort();
    this.#leave();
  }

  /** Also after the page was in the back/forward cache, which nothing of this may keep it from. */
  #enter(): void {
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) =>
      this.#hear(data);
    this.#follow();
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#connection.close();
    this.#lock.release();
    this.#channel?.close();
    this.#channel = undefined;
  }

  #hear(message: TabMessage): void {
    if ('leader' in message) this.#hearLeader(message);
    else if (this.#role !== 'leader') return;
    else if ('ask' in message) this.#tell();
    else if (this.#state.name === 'live') this.#tellMissed(message.join);
    else this.#joined.push(message.join);
  }

  // As the leader.

  #lead(): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    this.#leader = this.#tab;
    // A tab that has heard of nobody must not begin below a leader before it.
    this.#term = Math.max(this.#term + 1, Date.now());
    this.#count = 0;
    this.#joined = [];
    this.#setRole('leader');
    this.#connection.open(
      this.lastEventId,
      (event, id) => {
        const key = `${this.#term} ${++this.#count}`;
        const shared = { event, id, key };
        this.#tell({ shared });
        this.#take(shared);
      },
      (state) => {
        this.#tell({ state: clonable(state) });
        this.#adopt(state);
        if (state.name !== 'live') return;
        for (const join of this.#joined.splice(0)) this.#tellMissed(join);
      },
    );
    this.#tell();
  }

  #tell(
    news: Partial<Pick<LeaderMessage, 'shared' | 'missed' | 'state'>> = {},
  ): void {
    this.#post({
      state: clonable(this.#state),
      ...news,
      leader: this.#tab,
      term: this.#term,
      count: this.#count,
    });
  }

  #tellMissed({ from, after }: { from: string; after: string }): void {
    const isLevel = after === '' || after === this.#cursor.value;
    const events = isLevel ? [] : this.#history.after(after);
    this.#tell({ missed: { to: from, events } });
  }

  // As a follower.

  #follow(): void {
    if (this.#closing.signal.aborted) return;
    this.#connection.close();
    this.#setRole('follower');
    this.#lock.request();
    this.#join();
    this.#watch();
  }

  /** Asks the leader, if there is one, for what this tab has missed. Until it answers, no event is taken. */
  #join(): void {
    this.#waiting = [];
    this.#joinId = crypto.randomUUID();
    const after = this.#cursor.value;
    this.#post({ join: { from: this.#joinId, after } });
  }

  /** Looks for a sign of the leader: one that is frozen keeps its lock, and says nothing. */
  #watch(): void {
    clearTimeout(this.#timer);
    // Not all tabs at the same time.
    const wait = SILENCE_MS * (1 + Math.random());
    this.#timer = setTimeout(() => {
      this.#post({ ask: true });
      this.#timer = setTimeout(() => this.#lock.steal(), SILENCE_MS);
    }, wait);
  }

  #hearLeader(message: LeaderMessage): void {
    const { leader, term, missed } = message;
    if (term < this.#term) return;
    if (this.#role === 'leader') return this.#hearRival(message);
    this.#watch();
    if (leader !== this.#leader) {
      this.#leader = leader;
      this.#term = term;
      this.#connection.close();
      this.#join();
    }
    this.#adopt(restored(message.state));
    if (missed?.to === this.#joinId) this.#catchUp(message, missed.events);
    else if (message.shared && this.#waiting) this.#hold(message);
    else if (message.shared) this.#receive(message);
  }

  /** Two tabs that lead: one of them was frozen, or two have stolen the lock at once. */
  #hearRival({ term, leader }: LeaderMessage): void {
    if (term > this.#term || leader > this.#tab) this.#follow();
    else this.#tell();
  }

  /** Keeps an event for later; too many, and the tab asks for them again when it has time. */
  #hold(message: LeaderMessage): void {
    if (this.#waiting!.push(message) > MAX_WAITING) this.#join();
  }

  #receive({ count, shared }: LeaderMessage): void {
    if (count <= this.#count) return;
    if (count > this.#count + 1) return this.#join();
    this.#count = count;
    this.#take(shared!);
    const drained = this.sink.drained();
    if (drained === undefined) return;
    const waiting: LeaderMessage[] = (this.#waiting = []);
    void drained.then(() => {
      if (this.#waiting === waiting) this.#release();
    });
  }

  #catchUp(
    { count }: LeaderMessage,
    events: readonly SharedEvent[] | undefined,
  ): void {
    this.#joinId = '';
    this.#count = count;
    if (events === undefined) return this.#catchUpAlone();
    for (const shared of events) this.#take(shared);
    this.#release();
  }

  /** The leader's history does not reach so far back: the server's does, or says that it does not. */
  #catchUpAlone(): void {
    this.#connection.open(
      this.lastEventId,
      (event, id) => this.#take({ event, id, key: undefined }),
      (state) => {
        if (state.name === 'closed') this.#adopt(state);
        if (state.name !== 'live') return;
        this.#connection.close();
        this.#release();
      },
    );
  }

  /** Takes what came meanwhile, and from now on all that comes. */
  #release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (this.#state.name === 'replaying') this.#adopt({ name: 'live' });
    for (const message of waiting) {
      if (this.#waiting) this.#hold(message);
      else this.#receive(message);
    }
  }

  // As either.

  #take(shared: SharedEvent): void {
    if (this.#history.has(shared)) return;
    this.#history.add(shared);
    this.#cursor.value = shared.event.lastEventId;
    this.sink.onEvent(shared.event);
    const drained = this.sink.drained();
    if (drained) void drained.then(() => this.#cursor.save());
    else this.#cursor.save();
  }

  #adopt(state: StreamState): void {
    if (this.#closing.signal.aborted) return;
    if (state.name === 'closed') return this.close(state.reason, state.error);
    const isBehind = this.#waiting !== undefined && state.name === 'live';
    const next: StreamState = isBehind ? { name: 'replaying' } : state;
    if (next.name === this.#state.name && next.name !== 'waiting') return;
    this.#state = next;
    this.sink.onState(next);
  }

  #setRole(role: TabRole): void {
    if (role === this.#role) return;
    this.#role = role;
    this.onRole(role);
  }

  #post(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }
}
