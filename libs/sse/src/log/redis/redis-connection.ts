import {
  newClient,
  type IoRedisClient,
  type RedisClientOptions,
} from './redis-client.js';

/** How long a server may take to accept a connection and to answer to it, in milliseconds. */
const CONNECT_LIMIT_MS = 3_000;

/**
 * One connection, used until its first failure: whatever goes wrong with it, it is closed, every command in flight
 * rejects, and nothing is sent again.
 */
export class RedisConnection {
  #closeError: Error | undefined;
  readonly #whenClosed: ((error: Error) => void)[] = [];

  private constructor(private readonly client: IoRedisClient) {
    client.on('end', () => this.#end());
  }

  /** Connects to a server that takes writes. */
  static async open(options: RedisClientOptions): Promise<RedisConnection> {
    const client = await newClient(options);
    let reason: Error | undefined;
    // Without a listener, ioredis prints errors; and 'connect' rejects with less than the event says.
    client.on('error', (error: Error) => {
      reason ??= innerErrorOf(error);
    });
    const connection = new RedisConnection(client);
    try {
      await within(CONNECT_LIMIT_MS, client.connect());
      await connection.#assertMaster();
      return connection;
    } catch (error) {
      connection.close();
      throw reason ?? innerErrorOf(error as Error);
    }
  }

  get isOpen(): boolean {
    return this.#closeError === undefined;
  }

  /** @param limitMs how long to wait for the answer; then the connection is closed */
  call(limitMs: number, command: string, ...args: string[]): Promise<unknown> {
    return this.#guard(limitMs, this.client.call(command, ...args));
  }

  /** Sends commands in one go to the node that holds their keys; each has its own answer. */
  async pipeline(
    limitMs: number,
    commands: string[][],
  ): Promise<readonly unknown[]> {
    const replies = await this.#guard(
      limitMs,
      this.client.pipeline(commands).exec(),
    );
    return (replies ?? []).map(([error, reply]) => error ?? reply);
  }

  /** Calls back once the connection is over, for whatever reason. */
  whenClosed(callback: (error: Error) => void): void {
    if (this.#closeError === undefined) this.#whenClosed.push(callback);
    else callback(this.#closeError);
  }

  close(): void {
    this.client.disconnect();
    this.#end();
  }

  // A server that was stopped, or a network without an end, is silent: only time tells.
  async #guard<T>(limitMs: number, reply: Promise<T>): Promise<T> {
    try {
      return await within(limitMs, reply);
    } catch (error) {
      if (error instanceof SilenceError) this.close();
      throw error;
    }
  }

  async #assertMaster(): Promise<void> {
    if (this.client.isCluster === true) return;
    const role = await within(
      CONNECT_LIMIT_MS,
      // Some hosts do not let users ask; a write says it then.
      this.client.call('role').catch((error: Error) => {
        if (/NOPERM|unknown command/i.test(error.message)) return ['master'];
        throw error;
      }),
    );
    if (Array.isArray(role) && role[0] === 'slave')
      throw new Error('READONLY This server is a replica.');
  }

  #end(): void {
    if (this.#closeError !== undefined) return;
    const error = new Error('The connection to Redis was closed.');
    this.#closeError = error;
    for (const callback of this.#whenClosed.splice(0)) callback(error);
  }
}

/** The server did not answer in time. */
export class SilenceError extends Error {}

function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new SilenceError(`Redis did not answer within ${limitMs} ms.`));
    }, limitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

// A Cluster and Sentinels wrap what their nodes said.
function innerErrorOf(error: Error): Error {
  const { lastNodeError } = error as Error & { lastNodeError?: Error };
  return lastNodeError ?? error;
}
