// One client of one log, and all that can happen to them, for bound-stream.model.spec.ts.
import type { Frame } from '../event/frame.js';
import type { EventRecord } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';
import { pattern } from '../event/topic.js';
import type { EventLog, LogEntry, TailListener } from '../log/event-log.js';
import { memoryEventLog } from '../log/memory/memory-event-log.js';
import { BoundStream } from './bound-stream.js';
import type { ConnectionPort } from './binding/connection-port.js';
import { DirectOutput } from './stream-output.js';
import { SubscriberContext } from './binding/subscriber-context.js';
import { Tail } from './fan-out/tail.js';
import { ReadScheduler } from './resume/read-scheduler.js';

/** A connection that a schedule cuts and congests; what a client got is the list it is made with. */
class FakeBinding implements ConnectionPort {
  isWritable = true;
  readonly principal = undefined;
  readonly route = 'Model.run';
  readonly lastSentId = undefined;
  stop: () => void = () => undefined;
  #waiters: (() => void)[] = [];

  constructor(
    readonly lastEventId: string | undefined,
    private readonly client: Client,
  ) {}

  get isCongested(): boolean {
    return !this.isWritable;
  }

  whenWritable(callback: () => void): void {
    this.#waiters.push(callback);
  }

  drain(): void {
    this.isWritable = true;
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  sendRecord(record: EventRecord): void {
    this.client.got.push(record.offset ?? `transient ${record.json}`);
    if (record.id !== undefined) this.client.cursor = record.id;
  }

  sendControl(frame: Frame): void {
    const text = frame.bytes.toString();
    const id = /^id: (.*)$/m.exec(text)?.[1];
    if (id !== undefined) this.client.cursor = id;
  }

  sendReset(): void {
    this.client.got.push('reset');
  }

  bind(): void {}
  attach(): void {}
  detach(): void {}
  sendMapped(): void {}
  sendSnapshot(): void {}
  restart(): boolean {
    return false;
  }
  beginEmission(): void {}
  endEmission(): void {}
}

export interface Client {
  cursor: string | undefined;
  readonly got: (number | string)[];
}

/** A memory log that answers when the schedule lets it, in an order of its own, and tells late. */
export class SlowLog implements EventLog {
  readonly name = 'slow';
  readonly #log: EventLog;
  readonly pending: (() => void)[] = [];

  constructor(maxEvents: number) {
    this.#log = memoryEventLog({ maxEvents });
  }

  append(entries: readonly LogEntry[]) {
    return this.#log.append(entries);
  }

  tail(listener: TailListener) {
    return this.#log.tail({
      onReset: (position, reason) =>
        this.#tells.push(() => listener.onReset(position, reason)),
      onRecords: (records) =>
        this.#tells.push(() => listener.onRecords(records)),
    });
  }

  readonly #tells: (() => void)[] = [];

  /** Tells the tail what was appended; a node behind others hears it late. */
  tell(): void {
    this.#tells.shift()?.();
  }

  async read(...parameters: Parameters<EventLog['read']>) {
    await this.#turn();
    const result = await this.#log.read(...parameters);
    await this.#turn();
    return result;
  }

  async check(...parameters: Parameters<EventLog['check']>) {
    await this.#turn();
    return this.#log.check(...parameters);
  }

  close() {
    return this.#log.close();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.pending.push(resolve));
  }
}

export type Step =
  | { readonly do: 'publish'; readonly topic: string; readonly count: number }
  | { readonly do: 'transient'; readonly topic: string }
  | { readonly do: 'cut' | 'congest' | 'drain' | 'resubscribe' | 'settle' }
  | { readonly do: 'answer'; readonly which: number }
  | { readonly do: 'tell' };

// The pattern covers b.x again: such an event comes by two ways.
const SELECTOR: TopicSelector = {
  topics: ['a', 'b.x'],
  patterns: [pattern('b.*')],
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Published {
  readonly offset: number;
  /** Whether it is of a topic that the client reads. */
  readonly isOurs: boolean;
}

/** One client of one log, and what happens to them. */
export class Play {
  readonly client: Client = { cursor: undefined, got: [] };
  readonly published: Published[] = [];
  readonly #tail: Tail;
  readonly #slow: SlowLog | undefined;
  #sequence = 0;
  #binding!: FakeBinding;
  #subscribe!: () => void;

  constructor(private readonly log: EventLog) {
    this.#tail = new Tail(log);
    this.#slow = log instanceof SlowLog ? log : undefined;
  }

  /** Connects the client, and waits until it is live: what is published from here on is for it. */
  async begin(): Promise<void> {
    await this.#tail.start();
    this.#connect();
    while (this.client.cursor === undefined) {
      this.#slow?.pending.shift()?.();
      await settle();
    }
  }

  async perform(one: Step): Promise<void> {
    switch (one.do) {
      case 'publish':
        return this.#publish(one.topic, one.count, false);
      case 'transient':
        return this.#publish(one.topic, 1, true);
      case 'cut':
        this.#binding.stop();
        return this.#connect();
      case 'resubscribe':
        this.#binding.stop();
        return this.#subscribe();
      case 'congest':
        this.#binding.isWritable = false;
        return;
      case 'drain':
        return this.#binding.drain();
      case 'tell':
        return this.#slow?.tell();
      case 'answer': {
        const { pending } = this.#slow ?? { pending: [] };
        pending.splice(one.which % (pending.length || 1), 1)[0]?.();
        return;
      }
      case 'settle':
        return settle();
    }
  }

  /** Lets everything arrive that is on its way. */
  async end(): Promise<void> {
    this.#binding.drain();
    for (let calm = 0; calm < 3; calm++) {
      await settle();
      if (this.#slow === undefined) continue;
      for (; this.#slow.pending.length > 0; await settle()) {
        this.#slow.pending.shift()?.();
        calm = 0;
      }
      for (let count = 0; count < 200; count++) this.#slow.tell();
    }
  }

  #connect(): void {
    const { log, client } = this;
    const source = {
      log,
      tail: this.#tail,
      policy: { authorise: () => ({}), mayRead: () => true },
      reads: new ReadScheduler(),
      maxTopicsPerStream: 1_000,
    };
    const binding = new FakeBinding(client.cursor, client);
    const context = new SubscriberContext();
    const stream = new BoundStream(source, SELECTOR, {}, binding, context);
    const observer = {
      complete: () => undefined,
      error: (error: unknown) => {
        throw error;
      },
    };
    this.#subscribe = () =>
      stream.start(new DirectOutput(binding, {}, context, observer));
    binding.stop = () => stream.stop();
    this.#binding = binding;
    this.#subscribe();
  }

  async #publish(
    topic: string,
    count: number,
    transient: boolean,
  ): Promise<void> {
    const entries = Array.from({ length: count }, () => ({
      topic,
      type: 'message',
      json: String(++this.#sequence),
      publishedAt: Date.now(),
      transient,
    }));
    for (const result of await this.log.append(entries)) {
      if (result === undefined) continue;
      const offset = Number(result.id.split('.')[1]);
      this.published.push({ offset, isOurs: topic !== 'other' });
    }
  }
}
