import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WindowOptions, WindowResult } from '../servers/window.js';

/** A server under test, in a process of its own. */
export interface Server {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly readyWhen: string;
  /** Whether its streams are asked for in gzip. */
  readonly isGzip: boolean;
  /** Publishes as the options say, as fast as the clients acknowledge. */
  window(options: WindowOptions): Promise<WindowResult>;
  /** How many turns all clients have read. */
  acknowledge(turns: number): void;
  memory(): Promise<Memory>;
  cpuMs(): Promise<number>;
  /** A command of this server's own. */
  call<T>(method: string, argument?: unknown): Promise<T>;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

export interface Memory {
  /** After a forced collection. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

export interface ServerSpec {
  /** As the table shows it. */
  readonly name: string;
  /** The file in `servers/`. */
  readonly file: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly isGzip?: boolean;
}

const CHILD = fileURLToPath(new URL('../servers/child.js', import.meta.url));

/** Extra arguments of Node for the server, such as `--cpu-prof`. */
const NODE_OPTIONS = (process.env['BENCH_NODE_ARGS'] ?? '')
  .split(' ')
  .filter((one) => one !== '');

/** Starts a server in a process of its own. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  const child = fork(CHILD, [spec.file, JSON.stringify(spec.options ?? {})], {
    execArgv: ['--expose-gc', ...NODE_OPTIONS],
    serialization: 'json',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const calls = new Calls(child);
  const info = await calls.call<{
    port: number;
    path: string;
    readyWhen: string;
  }>('start');
  return {
    ...info,
    name: spec.name,
    isGzip: spec.isGzip ?? false,
    window: (options) => calls.call('window', options),
    acknowledge: (turns) => child.send({ acknowledged: turns }),
    memory: () => calls.call('memory'),
    cpuMs: () => calls.call('cpuMs'),
    call: (method, argument) => calls.call(method, argument),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.disconnect();
      }),
    kill: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

/** Requests and responses over the channel of a child process. */
class Calls {
  readonly #waiting = new Map<number, PromiseWithResolvers>();
  #next = 0;

  constructor(private readonly child: ChildProcess) {
    child.on('message', ({ id, result, error }: Reply) => {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(new Error(error));
    });
    child.on('exit', () => {
      for (const call of this.#waiting.values())
        call.reject(new Error('the server process is gone'));
    });
  }

  call<T>(method: string, argument?: unknown): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.child.send({ id, method, argument });
    }) as Promise<T>;
  }
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
