/**
 * A browser opens six HTTP/1.1 connections to one site, for all of its tabs together; the seventh waits, and no error
 * says so. So these pages keep at most five streams open and leave one connection for requests: a tab that needs a
 * stream more takes the place of the one that was not looked at for longest, which resumes when it is.
 *
 * The places are Web Locks, because those of a closed or crashed tab are free at once. Their names begin with the time
 * of the last look, so that they sort by it.
 */
const MOST = 5;
const PREFIX = 'demo-stream ';
const NEVER_TAKEN = '9'.repeat(16);

export class StreamSlot {
  #kept;
  #over = new AbortController();
  #release;

  /** `onTaken` is called when another tab has taken the place; a slot that is `kept` is never taken. */
  constructor({ onGranted, onTaken, kept = false }) {
    this.#kept = kept;
    if (!isLimited()) onGranted();
    else {
      this.#take(onTaken).then(() => this.#isOver || onGranted());
      if (!kept) onLook(() => this.#take(onTaken), this.#over.signal);
    }
  }

  release() {
    this.#over.abort();
    this.#release?.();
  }

  get #isOver() {
    return this.#over.signal.aborted;
  }

  /** Takes a place, or the same one again under the time of now. */
  #take(onTaken) {
    // One tab at a time, or two would take the same place.
    return navigator.locks.request('demo-streams', async () => {
      if (this.#isOver) return;
      if (!this.#release) await makeRoom();
      const before = this.#release;
      await this.#hold(onTaken);
      before?.();
    });
  }

  #hold(onTaken) {
    const time = this.#kept ? NEVER_TAKEN : timeText();
    const name = `${PREFIX}${time} ${Math.random()}`;
    return new Promise((granted) => {
      const held = navigator.locks.request(name, () => {
        granted();
        // Given back while it was asked for.
        if (this.#isOver) return undefined;
        return new Promise((resolve) => (this.#release = resolve));
      });
      // Rejected if another tab has stolen it.
      held.catch(() => {
        if (this.#isOver) return;
        this.#over.abort();
        onTaken();
      });
    });
  }
}

/** HTTP/2 has one connection for all. Only https and localhost have locks: elsewhere nothing is counted. */
function isLimited() {
  const [page] = performance.getEntriesByType('navigation');
  return page?.nextHopProtocol !== 'h2' && navigator.locks !== undefined;
}

/** Calls back whenever the reader turns to this tab. */
export function onLook(listener, signal) {
  addEventListener('focus', listener, { signal });
  document.addEventListener(
    'visibilitychange',
    () => document.hidden || listener(),
    { signal },
  );
}

async function makeRoom() {
  const { held } = await navigator.locks.query();
  const names = held
    .map(({ name }) => name)
    .filter((name) => name.startsWith(PREFIX));
  if (names.length < MOST) return;
  const [oldest] = names.sort();
  await navigator.locks.request(oldest, { steal: true }, () => {});
}

const timeText = () => String(Date.now()).padStart(16, '0');
