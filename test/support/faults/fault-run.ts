import { Controller, Module } from '@nestjs/common';
import {
  EventBusService,
  SseException,
  SseModule,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { atEnd } from '../at-end.js';
import { startApplication, type PlatformName } from '../platforms.js';
import { until } from '../until.js';
import { Ledger, type Outcome } from './ledger.js';
import { RoamingClient } from './roaming-client.js';

/** A process, or a part of one, that publishes and serves streams. */
export interface FaultNode {
  /** Of the stream of all that is published. */
  readonly url: string;
  /** Whether it can be connected to. */
  readonly isUp: boolean;
  publish(key: string): Promise<Outcome>;
}

/** What all nodes publish on. */
export const TOPIC = 'faults';

@Controller()
class FaultController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('events')
  events() {
    return this.bus.stream(TOPIC);
  }
}

/** Starts an application of this process as a node. */
export async function startNode(
  platform: PlatformName,
  log: EventLog,
): Promise<FaultNode> {
  @Module({
    imports: [SseModule.forRoot({ log, heartbeat: { intervalMs: 200 } })],
    controllers: [FaultController],
  })
  class NodeModule {}
  const application = await startApplication(platform, NodeModule);
  const bus = application.app.get(EventBusService);
  return {
    url: `${application.url}/events`,
    isUp: true,
    publish: async (key) => outcomeOf(bus.publish(TOPIC, { key })),
  };
}

export async function outcomeOf(
  publish: Promise<{ readonly id: string }>,
): Promise<Outcome> {
  try {
    return { state: 'published', id: (await publish).id };
  } catch (error) {
    if (error instanceof SseException) {
      if (error.code === 'PUBLISH_REJECTED') return { state: 'rejected' };
      if (error.code === 'PUBLISH_UNKNOWN') return { state: 'unknown' };
    }
    throw error;
  }
}

/**
 * Publishes from all nodes without a break, and lets clients roam between them, while something is done to the
 * engine; then looks for what must not have happened.
 */
export class FaultRun {
  readonly ledger = new Ledger();
  readonly clients: RoamingClient[] = [];
  readonly failures: unknown[] = [];
  readonly #publishing: Promise<void>[] = [];
  #isOver = false;
  #round = 0;

  constructor(private readonly nodes: readonly FaultNode[]) {
    const urls = (): string[] =>
      nodes.filter(({ isUp }) => isUp).map(({ url }) => url);
    // Some stay for the whole run, others are cut off at random.
    for (const stayMs of [600_000, 600_000, 1_500, 500, 300])
      this.clients.push(new RoamingClient(urls, stayMs));
    atEnd('the clients and publishers', () => this.#stop());
  }

  /** Starts everything, and waits until it runs. */
  async start(): Promise<void> {
    for (const client of this.clients) client.start();
    await until(() => this.clients.every(({ isPlaced }) => isPlaced));
    for (const [index, node] of this.nodes.entries())
      this.#publishing.push(this.#publish(`node${index}`, node));
    await this.publishedMore(20);
  }

  /** Waits until so many more publishes have been acknowledged. */
  async publishedMore(count: number): Promise<void> {
    const wanted = this.ledger.count('published') + count;
    await until(
      () => this.ledger.count('published') >= wanted,
      `${count} more publishes`,
      60_000,
    );
  }

  /** Ends the publishing, waits until every client has all that there is, and gives the violations. */
  async finish(): Promise<string[]> {
    await this.publishedMore(50);
    this.#isOver = true;
    await Promise.all(this.#publishing);
    await this.#settle();
    const sightings = this.clients.map((client) => client.sightings);
    return [
      ...this.ledger.violations(sightings),
      ...this.failures.map(
        (failure) => `a publish failed with ${String(failure)}`,
      ),
    ];
  }

  async #publish(name: string, node: FaultNode): Promise<void> {
    const pending = new Set<Promise<void>>();
    for (let index = 0; !this.#isOver; index++) {
      const key = `${name}-${index}`;
      const publish = this.#publishOne(node, key).finally(() =>
        pending.delete(publish),
      );
      pending.add(publish);
      if (pending.size >= 20) await Promise.race(pending);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(pending);
  }

  async #publishOne(node: FaultNode, key: string): Promise<void> {
    try {
      this.ledger.note(key, await node.publish(key));
    } catch (error) {
      this.failures.push(error);
    }
  }

  // A client may be reset behind one last event: then the next one is the last.
  async #settle(): Promise<void> {
    await until(
      async () => {
        const keys: string[] = [];
        for (const node of this.nodes) {
          if (!node.isUp) continue;
          const key = `last-${this.#round++}`;
          const outcome = await node.publish(key);
          this.ledger.note(key, outcome);
          if (outcome.state === 'published') keys.push(key);
        }
        const deadline = Date.now() + 3_000;
        const isSeen = (): boolean =>
          keys.length > 0 &&
          this.clients.every((client) =>
            keys.every((key) => client.hasSeen(key)),
          );
        while (!isSeen() && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 20));
        return isSeen();
      },
      'every client sees the last events',
      60_000,
    );
  }

  async #stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.clients.map((client) => client.stop()));
    await Promise.all(this.#publishing);
  }
}
