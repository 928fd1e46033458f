import { EventBusService } from 'nestjs-event-stream';
import {
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';
import { ModelClient } from './model-client.js';
import { Oracle, type LoggedEvent } from './oracle.js';
import { Random } from './random.js';
import {
  ALL_SELECTIONS,
  filler,
  modelOf,
  moduleOf,
  newest,
  TOPICS,
  WAYS,
} from './streams.js';

const STEPS = 60;
const MAX_CLIENTS = 6;
const KILOBYTES_64 = 'x'.repeat(64 * 1024);

interface Watched {
  readonly name: string;
  readonly client: ModelClient;
  readonly oracle: Oracle;
}

/**
 * A random history: publishers, clients that come, stall, drop off and come back, and topics that end. Every client is
 * held against a model all the way. What is random follows from the seed; when sockets are read does not.
 */
export class History {
  readonly #random: Random;
  readonly #steps: string[] = [];
  readonly #log: LoggedEvent[] = [];
  readonly #watched: Watched[] = [];
  readonly #platform: PlatformName;
  #application!: TestApplication;
  #number = 0;
  #head = 0;
  #floods = 0;
  #fault: string | undefined;

  constructor(private readonly seed: number) {
    this.#random = new Random(seed);
    this.#platform = this.#random.pick(['express', 'fastify']);
  }

  /** @throws with the seed and the history if a client is sent what it must not be, or is not sent what it must */
  async play(): Promise<void> {
    const random = this.#random;
    const options = {
      maxEvents: random.pick([15, 60, 10_000]),
      maxNoisyEvents: random.between(2, 8),
      fastPath: random.chance(0.7),
      compression: random.chance(0.3),
    };
    this.#note(`${this.#platform} ${JSON.stringify(options)}`);
    newest.id = undefined;
    this.#application = await startApplication(
      this.#platform,
      moduleOf(options),
    );
    try {
      await this.#connectNew();
      for (let step = 0; step < STEPS; step++) await this.#step();
      await this.#finish();
    } catch (error) {
      this.#fault ??= String(error);
    } finally {
      for (const { client } of this.#watched) client.close();
      await this.#application.close();
    }
    if (this.#fault === undefined) return;
    throw new Error(
      `Seed ${this.seed}: ${this.#fault}\n${this.#steps.join('\n')}`,
    );
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const watched = random.pick(this.#watched);
    const chance = random.next();
    if (chance < 0.35) {
      const count = random.between(1, 5);
      const topic = random.pick(TOPICS);
      for (let index = 0; index < count; index++) await this.#publish(topic);
    } else if (chance < 0.42) await this.#publishTransient(random.pick(TOPICS));
    else if (chance < 0.49) await this.#end(random.pick(TOPICS));
    else if (chance < 0.59) await this.#connectNew();
    else if (chance < 0.69) this.#drop(watched);
    else if (chance < 0.79) await this.#reconnect(watched);
    else if (chance < 0.84) this.#pause(watched);
    else if (chance < 0.89) this.#resume(watched);
    else if (chance < 0.92) await this.#flood(random.pick(TOPICS));
    else if (chance < 0.95) await this.#overrun(watched);
    else await new Promise((resolve) => setImmediate(resolve));
  }

  async #publish(topic: string, padding = ''): Promise<void> {
    const number = ++this.#number;
    this.#note(`publish ${number} to ${topic}`);
    const { id } = await this.#bus.publish(topic, `${number} ${padding}`);
    newest.id = id;
    this.#head++;
    const offset = Number(id.split('.')[1]);
    this.#log.push({ kind: 'event', number, topic, offset });
  }

  async #publishTransient(topic: string): Promise<void> {
    const number = ++this.#number;
    this.#note(`transient ${number} to ${topic}`);
    this.#log.push({ kind: 'transient', number, topic, offset: undefined });
    await this.#bus.publish(topic, `${number} `, { transient: true });
  }

  async #end(topic: string): Promise<void> {
    const offset = ++this.#head;
    this.#note(`end ${topic} at ${offset}`);
    this.#log.push({ kind: 'end', number: ++this.#number, topic, offset });
    await this.#bus.end(topic);
  }

  /** More than the buffers of a connection take. */
  async #flood(topic: string): Promise<void> {
    if (this.#floods++ >= 2) return;
    this.#note(`flood ${topic}`);
    for (let count = 0; count < 80; count++) {
      await this.#publish(topic, KILOBYTES_64);
      if (count % 4 === 0)
        await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets a client stall with something in its operators, and the log move on. */
  async #overrun(watched: Watched): Promise<void> {
    if (this.#floods++ >= 3) return;
    this.#note(`overrun ${watched.name}`);
    this.#pause(watched);
    for (const topic of TOPICS) await this.#publish(topic);
    for (let count = 0; count < 80; count++)
      filler.next({ type: 'filler', data: KILOBYTES_64 });
    await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 5; count++)
      for (const topic of TOPICS) await this.#publish(topic);
    this.#resume(watched);
  }

  async #connectNew(): Promise<void> {
    if (this.#watched.length >= MAX_CLIENTS) return;
    const random = this.#random;
    const selection = random.pick(ALL_SELECTIONS);
    const way = random.pick(WAYS);
    const name = `${this.#watched.length} (${way}/${selection})`;
    const oracle = new Oracle(modelOf(selection, way), this.#log);
    const client = new ModelClient(
      `${this.#application.url}/${way}/${selection}`,
      random.chance(0.5),
      (block) => {
        if (block.type.startsWith('stream-'))
          this.#note(
            `  ${name} <- ${block.type} ${block.id ?? ''} ${block.data}`,
          );
        else if (block.data !== undefined)
          this.#note(
            `  ${name} <- ${block.data.slice(0, 8)} ${block.id ?? ''}`,
          );
        const fault = oracle.take(block);
        if (fault !== undefined) this.#fail(`${name} got ${fault}`);
      },
    );
    this.#watched.push({ name, client, oracle });
    this.#note(`connect ${name}`);
    await client.connect();
  }

  #drop({ name, client }: Watched): void {
    this.#note(`drop ${name}`);
    client.close();
  }

  async #reconnect({ name, client, oracle }: Watched): Promise<void> {
    client.close();
    const { isOver } = oracle;
    this.#note(`reconnect ${name} at ${client.lastEventId}`);
    if (!isOver) oracle.reconnects(client.lastEventId);
    await client.connect();
    const expected = isOver ? 204 : 200;
    if (client.status !== expected)
      this.#fail(`${name} came back to ${client.status}, not ${expected}`);
  }

  #pause({ name, client }: Watched): void {
    this.#note(`pause ${name}`);
    client.pause();
  }

  #resume({ name, client }: Watched): void {
    this.#note(`resume ${name}`);
    client.resume();
  }

  async #finish(): Promise<void> {
    for (const watched of this.#watched) this.#resume(watched);
    for (const topic of TOPICS) {
      await this.#publish(topic);
      await this.#publish(topic);
    }
    for (const watched of this.#watched) {
      const { client, oracle, name } = watched;
      await until(
        async () => {
          if (this.#fault !== undefined || oracle.hasAll) return true;
          if (client.isClosed && !oracle.isOver) await this.#reconnect(watched);
          return oracle.hasAll;
        },
        `${name} has all`,
        60_000,
      );
    }
    for (const watched of this.#watched) await this.#reconnect(watched);
  }

  get #bus(): EventBusService {
    return this.#application.app.get(EventBusService);
  }

  #note(step: string): void {
    this.#steps.push(step);
  }

  #fail(fault: string): void {
    this.#fault ??= `${fault} (step ${this.#steps.length})`;
  }
}
