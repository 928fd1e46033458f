import { logCut, type CutConnection } from './cut-line.js';
import { stallMsOf, type StallSettings } from './stall.js';
import type { StreamTransport } from './stream-transport.js';
import type { TimerWheel, WheelEntry } from './timer-wheel.js';

/**
 * Responses that were ended, but that their clients have not taken yet: a client that never does would
 * otherwise hold its socket, and a server that closes, for ever.
 */
export class LingeringResponses {
  readonly #responses = new Set<LingeringResponse>();
  #whenEmpty: (() => void)[] = [];

  constructor(private readonly wheel: TimerWheel) {}

  get size(): number {
    return this.#responses.size;
  }

  /**
   * Watches a response until it is released; it is cut once nothing of it was taken for as long as that may be.
   * @param connection whose response it is
   */
  add(
    transport: StreamTransport,
    settings: StallSettings,
    connection: CutConnection,
  ): LingeringResponse {
    const response = new LingeringResponse(
      transport,
      settings,
      connection,
      (one) => this.#remove(one),
    );
    this.#responses.add(response);
    this.wheel.schedule(response, stallMsOf(transport, settings));
    return response;
  }

  /** Resolves when clients have taken all of it; those that have not by then are cut. */
  async settle(timeoutMs: number): Promise<void> {
    if (this.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    const timer = setTimeout(() => {
      for (const response of this.#responses) response.cut();
    }, timeoutMs);
    await empty;
    clearTimeout(timer);
  }

  #remove(response: LingeringResponse): void {
    this.#responses.delete(response);
    this.wheel.remove(response);
    if (this.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

/** One response that has ended but that its client has not read to the end. */
export class LingeringResponse implements WheelEntry {
  #backlog = -1;

  constructor(
    private readonly transport: StreamTransport,
    private readonly settings: StallSettings,
    private readonly connection: CutConnection,
    private readonly remove: (response: LingeringResponse) => void,
  ) {}

  onTimer(): number | undefined {
    const { backlog } = this.transport;
    if (backlog === this.#backlog) {
      this.cut();
      return undefined;
    }
    this.#backlog = backlog;
    return stallMsOf(this.transport, this.settings);
  }

  /** The client has taken it, or has gone. */
  release(): void {
    this.remove(this);
  }

  cut(): void {
    const { backlog } = this.transport;
    logCut(this.connection, 'did not read the end of its stream', backlog);
    this.transport.destroy();
    this.remove(this);
  }
}
