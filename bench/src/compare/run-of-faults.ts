import { Redis } from 'ioredis';
import { startEngine, type Engine } from '../harness/engines.js';
import { startServer, type Server } from '../harness/server.js';
import { Client } from './client.js';
import type { CompareContestant } from './contestants.js';
import { Ledger, type Counts } from './ledger.js';

const CLIENTS = 4;
const PUBLISH_EVERY_MS = 10;
const SETTLE_MS = 15_000;

/** Two nodes, their Redis, and clients; publishing goes on all the time. */
export class FaultRun {
  readonly ledger = new Ledger();
  readonly clients: Client[];
  readonly #nodes: (Server | undefined)[] = [];
  readonly #publishing: NodeJS.Timeout[] = [];
  #since = 0;

  private constructor(
    private readonly contestant: CompareContestant,
    readonly engine: Engine,
  ) {
    const urls = (): string[] =>
      this.#nodes
        .filter((node) => node !== undefined)
        .map(({ port, path }) => `http://127.0.0.1:${port}${path}`);
    this.clients = Array.from(
      { length: CLIENTS },
      () => new Client(urls, contestant.resumeBy),
    );
  }

  static async start(contestant: CompareContestant): Promise<FaultRun> {
    const settings = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const run = new FaultRun(contestant, await startEngine('redis', settings));
    for (const index of [0, 1]) await run.startNode(index);
    for (const client of run.clients) client.open();
    for (let index = 0; index < contestant.publishers; index++)
      run.#publishing.push(
        setInterval(() => void run.publish(index), PUBLISH_EVERY_MS),
      );
    // What counts is published from here on: everybody is there.
    const isThere = ({ sightings }: Client): boolean =>
      sightings.some(({ kind }) => kind === 'event');
    while (!run.clients.every(isThere)) await pause(20);
    run.#since = performance.now();
    await pause(500);
    return run;
  }

  async startNode(index: number): Promise<void> {
    const { name, file, options: own } = this.contestant;
    const isProducer = index === 0 && this.#since === 0;
    const options = { url: this.engine.url, isProducer, ...own };
    this.#nodes[index] = await startServer({ name, file, options });
  }

  async killNode(index: number): Promise<void> {
    const node = this.#nodes[index];
    this.#nodes[index] = undefined;
    await node?.kill();
  }

  async publish(index: number): Promise<void> {
    const node = this.#nodes[index];
    // A node that is not there cannot be asked.
    if (node === undefined) return;
    const key = this.ledger.begin(`node${index}`);
    try {
      await node.call('publish', key);
      this.ledger.settle(key, 'acknowledged');
    } catch {
      this.ledger.settle(key, 'failed');
    }
  }

  /** As an administrator would do it. */
  async redis<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.engine.url);
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /** Ends the publishing, waits until all clients have its last event, or for long enough, and counts. */
  async finish(): Promise<Counts & { readonly stuck: number }> {
    await pause(1_000);
    for (const timer of this.#publishing) clearInterval(timer);
    await pause(6_000);
    const last = await this.#lastKey();
    const isBehind = (client: Client): boolean => !client.hasSeen(last);
    const deadline = Date.now() + SETTLE_MS;
    while (this.clients.some(isBehind) && Date.now() < deadline)
      await pause(50);
    const stuck = this.clients.filter(isBehind).length;
    const sightings = this.clients.map((client) => client.sightings);
    const counts = this.ledger.count(sightings, this.#since);
    for (const client of this.clients) client.leave();
    for (const index of [0, 1]) await this.killNode(index);
    await this.engine.stop();
    return { ...counts, stuck };
  }

  /** The key of an event that is published when all is over. */
  async #lastKey(): Promise<string> {
    const key = this.ledger.begin('last');
    try {
      await this.#nodes[0]!.call('publish', key);
      this.ledger.settle(key, 'acknowledged');
    } catch {
      this.ledger.settle(key, 'failed');
    }
    return key;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
