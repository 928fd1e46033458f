import { fileURLToPath } from 'node:url';
import { ForkedProgram } from './forked-program.js';
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
    private readonly program: ForkedProgram,
    readonly url: string,
  ) {}

  static async start(options: MeasuredServerOptions): Promise<MeasuredServer> {
    const { program, ready } = await ForkedProgram.start<Answer<number>>(
      PROGRAM,
      JSON.stringify(options),
    );
    const scheme = options.tls === true ? 'https' : 'http';
    return new MeasuredServer(program, `${scheme}://127.0.0.1:${ready.answer}`);
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
    return this.program.end();
  }

  async #ask<T>(ask: string, options: object = {}): Promise<T> {
    const question = { ask, ...options };
    return (await this.program.ask<Answer<T>>(question)).answer;
  }
}

interface Answer<T> {
  readonly answer: T;
}
