import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.js';
import type { PlatformName } from './platforms.js';

const PROGRAM = fileURLToPath(new URL('measured-server.mjs', import.meta.url));

export interface MeasuredServerOptions {
  /** `plain` is Node's own server, which answers any request with one event. */
  readonly platform: PlatformName | 'plain';
  readonly tls?: boolean;
  readonly fastPath?: boolean;
  /** How many events its log keeps. */
  readonly maxEvents?: number;
}

/** Bytes that are in use after garbage was collected. */
export interface Memory {
  readonly heapUsed: number;
  /** The heap and what stands beside it, such as buffers. */
  readonly total: number;
}

export interface PublishOptions {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** A server in a process of its own, whose memory is that of its streams. Its route `/<topic>` streams the topic. */
export class MeasuredServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(options: MeasuredServerOptions): Promise<MeasuredServer> {
    const child = fork(PROGRAM, [JSON.stringify(options)], {
      execArgv: ['--expose-gc'],
    });
    atEnd('the measured server', () => end(child));
    const port = await answerOf<number>(child);
    const scheme = options.tls === true ? 'https' : 'http';
    return new MeasuredServer(child, `${scheme}://127.0.0.1:${port}`);
  }

  memory(): Promise<Memory> {
    return this.#ask('memory');
  }

  /** How many sockets are open. */
  sockets(): Promise<number> {
    return this.#ask('sockets');
  }

  /** How many events each open stream was sent. */
  sent(): Promise<number[]> {
    return this.#ask('sent');
  }

  /** Publishes the numbers of a range, each with padding. */
  publish(options: PublishOptions): Promise<void> {
    return this.#ask('publish', options);
  }

  stop(): Promise<void> {
    return end(this.child);
  }

  #ask<T>(ask: string, options: object = {}): Promise<T> {
    const answer = answerOf<T>(this.child);
    this.child.send({ ask, ...options });
    return answer;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => {
        throw new Error(
          'The server ended. It runs the built package: has "npm run build" been run?',
        );
      }),
    ]);
    return (message as { answer: T }).answer;
  } finally {
    waiting.abort();
  }
}
