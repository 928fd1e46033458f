import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from './at-end.js';

/** A program in a process of its own that answers each message with one, and says by a first one that it is ready. */
export class ForkedProgram {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts a program whose garbage can be collected by `globalThis.gc()`. It is ended at the end. */
  static async start<T>(
    file: string,
    argument: string,
  ): Promise<{ program: ForkedProgram; ready: T }> {
    const child = fork(file, [argument], { execArgv: ['--expose-gc'] });
    const program = new ForkedProgram(child);
    atEnd(file, () => program.end());
    return { program, ready: await program.#message<T>() };
  }

  ask<T>(question: object): Promise<T> {
    const answer = this.#message<T>();
    this.child.send(question);
    return answer;
  }

  /** It does nothing, and its connections stay. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async #message<T>(): Promise<T> {
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const [message] = await Promise.race([
        once(this.child, 'message', { signal }),
        once(this.child, 'exit', { signal }).then(() => {
          throw new Error(
            'The program ended. It runs the built package: has "npm run build" been run?',
          );
        }),
      ]);
      return message as T;
    } finally {
      waiting.abort();
    }
  }
}
