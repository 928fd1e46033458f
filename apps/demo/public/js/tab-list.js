/** The open tabs of a page, as they tell each other; for show, the shared stream needs none of it. */

/** A tab that says nothing for so long is gone: those that are hidden are slow, but hear the numbers. */
const GONE_MS = 5000;

export class TabList {
  #tabs = new Map();
  #self = Math.random().toString(36).slice(2, 6);
  #channel;
  #onChange;

  /** `onChange` gets all tabs, sorted by their names, and the name of the one that leads. */
  constructor(name, onChange) {
    this.#onChange = onChange;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    addEventListener('pagehide', () => {
      this.#channel.postMessage({ gone: this.#self });
    });
  }

  /** What this tab is about. */
  say(what) {
    const tab = { ...what, name: this.#self };
    this.#hear({ tab });
    this.#channel.postMessage({ tab });
  }

  #hear({ tab, gone }) {
    if (gone) this.#tabs.delete(gone);
    if (tab) this.#tabs.set(tab.name, { ...tab, at: Date.now() });
    for (const { name, at } of this.#tabs.values()) {
      if (Date.now() - at > GONE_MS) this.#tabs.delete(name);
    }
    const all = [...this.#tabs.values()]
      .map((one) => ({ ...one, isSelf: one.name === this.#self }))
      .sort((a, b) => a.name.localeCompare(b.name));
    this.#onChange(all, all.findLast(({ role }) => role === 'leader')?.name);
  }
}
