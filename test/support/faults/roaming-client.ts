import { SseTestClient, type ReceivedBlock } from '../sse-client.js';
import type { Sighting } from './ledger.js';

/** Where a client may connect; empty while no node is there. */
export type NodeUrls = () => readonly string[];

/** A client that honours ids, is cut off again and again, and comes back to any node with the last id it got. */
export class RoamingClient {
  readonly sightings: Sighting[] = [];
  resets = 0;
  #lastEventId: string | undefined;
  #client: SseTestClient | undefined;
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(
    private readonly urls: NodeUrls,
    /** How long it stays connected at most, in milliseconds. */
    private readonly stayMs: number,
  ) {}

  start(): void {
    this.#running = this.#roam();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#client?.close();
    await this.#running;
  }

  hasSeen(key: string): boolean {
    return this.sightings.some(
      (one) => one.kind === 'event' && one.key === key,
    );
  }

  get isPlaced(): boolean {
    return this.sightings.length > 0;
  }

  async #roam(): Promise<void> {
    while (!this.#isStopped) {
      const urls = this.urls();
      const url = urls[Math.floor(Math.random() * urls.length)];
      if (url !== undefined) await this.#visit(url).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #visit(url: string): Promise<void> {
    const client = await within(
      2_000,
      SseTestClient.open(url, { lastEventId: this.#lastEventId }),
    );
    this.#client = client;
    if (this.#isStopped) client.close();
    const cut = setTimeout(
      () => client.close(),
      this.stayMs * (0.3 + 0.7 * Math.random()),
    );
    let taken = 0;
    while (!client.isClosed) {
      await client.until(({ blocks }) => blocks.length > taken).catch(() => {});
      for (; taken < client.blocks.length; taken++)
        this.#take(client.blocks[taken]!);
    }
    clearTimeout(cut);
  }

  #take({ type, id, data }: ReceivedBlock): void {
    if (id !== undefined) this.#lastEventId = id;
    if (type === 'stream-reset') {
      this.resets++;
      const { reason } = JSON.parse(data!) as { reason: string };
      this.sightings.push({ kind: 'reset', reason });
    } else if (type === 'stream-live' || type === 'stream-cursor') {
      this.sightings.push({ kind: 'place', id: id! });
    } else if (!type.startsWith('stream-') && data !== undefined) {
      const { key } = JSON.parse(data) as { key: string };
      this.sightings.push({ kind: 'event', key, id: id! });
    }
  }
}

async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
