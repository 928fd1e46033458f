import { fileURLToPath } from 'node:url';
import { ChildProcess } from './child-process.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** One process of the demo, which is started again when it dies. */
export class DemoNode {
  /** Where it listens; undefined while it does not. */
  url;
  #child;
  #restart;
  #isWanted = true;

  constructor(name, { env, restartAfterMs, say }) {
    this.name = name;
    this.env = { ...env, NODE_NAME: name };
    this.restartAfterMs = restartAfterMs;
    this.say = say;
  }

  /** Until it listens; throws if it ends before. */
  async start() {
    this.#child = new ChildProcess(process.execPath, [MAIN], {
      env: this.env,
      onEnd: () => this.#ended(),
    });
    const [url] = await this.#child.said(/http:\/\/\S+:\d+/);
    this.url = url;
    this.say(`${this.name} is up.`);
  }

  async stop() {
    this.#isWanted = false;
    clearTimeout(this.#restart);
    await this.#child?.stop();
  }

  #ended() {
    const wasUp = this.url !== undefined;
    this.url = undefined;
    if (!this.#isWanted) return;
    // Who waits for its first start is told by said().
    if (!wasUp && this.#restart === undefined) return;
    const seconds = this.restartAfterMs / 1000;
    this.say(`${this.name} is gone; it starts again in ${seconds} s.`);
    this.#restart = setTimeout(async () => {
      try {
        await this.start();
      } catch (error) {
        if (this.#isWanted) this.say(`${this.name}: ${error.message}`);
      }
    }, this.restartAfterMs);
  }
}
