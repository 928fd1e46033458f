import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { Kvm } from '@nats-io/kv';
import type {
  NatsConnection,
  NodeConnectionOptions,
  Status,
} from '@nats-io/transport-node';
import type { NatsPackages } from './nats-packages.js';
import type { NatsSettings } from './nats-settings.js';

/** How long the server may take to answer a request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 3_000;

/** How long the last words may take when the log closes, in milliseconds. */
const CLOSE_LIMIT_MS = 500;

/** How often the connection is tried when nothing else moves, and how many answers may be missing. */
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;

/** The shortest and the longest wait before a reconnect, in milliseconds. */
const RECONNECT_MS = [100, 1_000] as const;

/** The connection of this process to NATS, and what it says of its state. */
export class NatsLink {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly kvm: Kvm;
  readonly #statuses: AsyncIterable<Status>;
  readonly #downListeners = new Set<() => void>();
  #isUp = true;
  #upWaiters: (() => void)[] = [];

  private constructor(
    readonly nc: NatsConnection,
    private readonly isOwn: boolean,
    { jetstream, kv }: NatsPackages,
    jsm: JetStreamManager,
  ) {
    this.jsm = jsm;
    this.js = jetstream.jetstream(nc, { timeout: REQUEST_TIMEOUT_MS });
    this.kvm = new kv.Kvm(this.js);
    this.#statuses = nc.status();
    void this.#watch();
  }

  static async open(
    packages: NatsPackages,
    { connection, servers, connect }: NatsSettings,
  ): Promise<NatsLink> {
    const nc =
      connection ??
      (await packages.transport.connect(ownOptions(servers, connect)));
    const jsm = await packages.jetstream.jetstreamManager(nc, {
      timeout: REQUEST_TIMEOUT_MS,
      // A look at the stream says the same, and needs fewer permissions.
      checkAPI: false,
    });
    return new NatsLink(nc, connection === undefined, packages, jsm);
  }

  /** Whether anything can be said on it: one that its application drains takes nothing more. */
  get isUp(): boolean {
    return this.#isUp && !this.nc.isClosed() && !this.nc.isDraining();
  }

  get isClosed(): boolean {
    return this.nc.isClosed();
  }

  /** Calls once when the connection breaks. */
  onDown(listener: () => void): () => void {
    this.#downListeners.add(listener);
    return () => this.#downListeners.delete(listener);
  }

  /** Waits until the connection stands, is closed, or the signal is given. */
  async up(signal: AbortSignal): Promise<void> {
    if (this.isUp || this.isClosed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#upWaiters.push(done);
      signal.addEventListener('abort', done);
    });
  }

  /**
   * Makes sure that the server answers at all, after it has not answered a request. A connection that a proxy has
   * forgotten looks alive otherwise.
   */
  async probe(): Promise<void> {
    if (!this.isUp || (await this.#answers(REQUEST_TIMEOUT_MS))) return;
    // It rejects for a connection that was closed meanwhile.
    await this.nc.reconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    // Also because the clients let an error of the socket escape that is closed in the same turn as it is written to.
    if (this.isOwn && !this.isClosed) await this.#answers(CLOSE_LIMIT_MS);
    this.#noteDown();
    // The iterator of the clients can be stopped, although its type does not say so.
    (this.#statuses as { stop?: () => void }).stop?.();
    if (this.isOwn) await this.nc.close();
  }

  /** Whether everything that was sent has arrived, within this time in milliseconds. */
  async #answers(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, limitMs, false);
    });
    // A connection that broke meanwhile reconnects by itself.
    const answer = this.nc.flush().then(
      () => true,
      () => true,
    );
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#statuses) {
      if (type === 'disconnect') this.#noteDown();
      if (type === 'reconnect') this.#noteUp();
    }
    this.#noteDown();
    this.#noteUp();
  }

  #noteDown(): void {
    this.#isUp = false;
    for (const listener of this.#downListeners) listener();
    this.#downListeners.clear();
  }

  #noteUp(): void {
    this.#isUp = true;
    for (const resolve of this.#upWaiters.splice(0)) resolve();
  }
}

function ownOptions(
  servers: readonly string[],
  connect: NodeConnectionOptions,
): NodeConnectionOptions {
  return {
    name: 'nestjs-event-stream',
    timeout: REQUEST_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    ...credentialsOf(servers),
    ...connect,
    servers: servers.map(withoutCredentials),
    reconnect: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => {
      const [min, max] = RECONNECT_MS;
      return min + Math.random() * (max - min);
    },
  };
}

/** Where the servers are, for messages: credentials in a URL are nobody's business. */
export function placesOf({ servers, connection }: NatsSettings): string {
  return connection === undefined
    ? servers.map(withoutCredentials).join(', ')
    : connection.getServer();
}

function withoutCredentials(server: string): string {
  return server.replace(/^(.*:\/\/)?[^@/]*@/, '$1');
}

// The clients pass over what a URL says of the user.
function credentialsOf(
  servers: readonly string[],
): Pick<NodeConnectionOptions, 'user' | 'pass' | 'token'> {
  for (const server of servers) {
    const { username, password } = new URL(
      server.includes('://') ? server : `nats://${server}`,
    );
    const user = decodeURIComponent(username);
    if (password !== '') return { user, pass: decodeURIComponent(password) };
    if (user !== '') return { token: user };
  }
  return {};
}
