import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a process may take to end when it is asked to. */
const STOP_LIMIT_MS = 10_000;

/** Of what a process says, so much is kept to explain its end. */
const KEPT_CHARACTERS = 2_000;

const running = new Set();

// Whatever ends this process, what it started ends before it.
process.on('exit', () => killAll());

/** At once, and without a word. */
export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

/** A process that does not outlive this one. */
export class ChildProcess {
  #child;
  #output = '';

  /** `onEnd` is called once, when it has ended, whoever ended it. */
  constructor(command, args, { env = process.env, onEnd }) {
    // In a group of its own: Ctrl-C in a terminal reaches this process alone, which then ends the others in order.
    const child = spawn(command, args, {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    const end = () => {
      if (running.delete(child)) onEnd();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      this.#output += error.message;
      end();
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
        child.emit('said');
      });
  }

  get isRunning() {
    return running.has(this.#child);
  }

  /** The last that it said. */
  get output() {
    return this.#output.trim();
  }

  /** The first match of what it says; throws if it ends before. */
  async said(pattern) {
    while (this.isRunning) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      await Promise.race([once(this.#child, 'said'), this.#ended()]);
    }
    throw new Error(`It ended:\n${this.output}`);
  }

  /** Asks it to end, and waits until it has. */
  async stop() {
    if (!this.isRunning) return;
    const ended = this.#ended();
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(limit);
  }

  async #ended() {
    await once(this.#child, 'close').catch(() => undefined);
  }
}
