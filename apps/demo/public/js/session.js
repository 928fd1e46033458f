/** Who is signed in, the same in all tabs of this browser. Tells `change` when that may be somebody else. */
import { get, post, remove } from './http.js';

class Session extends EventTarget {
  /** { id, name }; null for nobody, undefined until the server has said. */
  user;
  /** Why the server has not said. */
  problem;
  #channel = new BroadcastChannel('demo-session');

  constructor() {
    super();
    this.#channel.addEventListener('message', () => this.refresh());
    // A page from the back/forward cache has slept through it.
    addEventListener(
      'pageshow',
      ({ persisted }) => persisted && this.refresh(),
    );
  }

  /** Asks the server anew. An answer that fails says nothing about the session. */
  async refresh() {
    const { ok, body, problem } = await get('/api/session');
    if (ok) this.user = body.user;
    this.problem = problem;
    this.dispatchEvent(new Event('change'));
  }

  async signIn(user) {
    return this.#changed(await post('/api/session', { user }));
  }

  async signOut() {
    return this.#changed(await remove('/api/session'));
  }

  async #changed(answer) {
    this.#channel.postMessage('changed');
    await this.refresh();
    return answer;
  }
}

export const session = new Session();
