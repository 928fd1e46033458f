import fc from 'fast-check';
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
    if (text.includes('stream-reset')) this.client.got.push('reset');
  }

  bind(): void {}
  attach(): void {}
  detach(): void {}
  sendMapped(): void {}
  sendValue(): void {}
  beginEmission(): void {}
  endEmission(): void {}
}

interface Client {
  cursor: string | undefined;
  readonly got: (number | string)[];
}

/** A memory log that answers when the schedule lets it, in an order of its own, and tells late. */
class SlowLog implements EventLog {
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

type Step =
  | { readonly do: 'publish'; readonly topic: string; readonly count: number }
  | { readonly do: 'transient'; readonly topic: string }
  | { readonly do: 'cut' | 'congest' | 'drain' | 'resubscribe' | 'settle' }
  | { readonly do: 'answer'; readonly which: number }
  | { readonly do: 'tell' };

const topic = fc.constantFrom('a', 'b.x', 'other');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      topic,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  fc.record({ do: fc.constant('transient' as const), topic }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'cut' as const,
        'congest' as const,
        'drain' as const,
        'resubscribe' as const,
        'settle' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      which: fc.nat(3),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tell' as const) }) },
);

// The pattern covers b.x again: such an event comes by two ways.
const SELECTOR: TopicSelector = {
  topics: ['a', 'b.x'],
  patterns: [pattern('b.*')],
};

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Plays a schedule, and gives what the client got beside what was published for it. */
async function play(log: EventLog, steps: readonly Step[]) {
  const slow = log instanceof SlowLog ? log : undefined;
  const tail = new Tail(log);
  await tail.start();
  const source = {
    log,
    tail,
    policy: { authorise: () => ({}), mayRead: () => true },
    reads: new ReadScheduler(),
  };
  const client: Client = { cursor: undefined, got: [] };
  const published: { offset: number; isOurs: boolean }[] = [];
  let sequence = 0;
  let binding!: FakeBinding;
  let start!: () => void;
  const connect = (): void => {
    const own = (binding = new FakeBinding(client.cursor, client));
    const context = new SubscriberContext();
    const stream = new BoundStream(source, SELECTOR, {}, own, context);
    start = () =>
      stream.start(
        new DirectOutput(own, {}, context, {
          complete: () => undefined,
          error: (error) => {
            throw error;
          },
        }),
      );
    own.stop = () => stream.stop();
    start();
  };
  const perform = async (one: Step): Promise<void> => {
    if (one.do === 'publish' || one.do === 'transient') {
      const isTransient = one.do === 'transient';
      const count = one.do === 'publish' ? one.count : 1;
      const entries = Array.from({ length: count }, () => ({
        topic: one.topic,
        type: 'message',
        json: String(++sequence),
        publishedAt: Date.now(),
        transient: isTransient,
      }));
      for (const result of await log.append(entries)) {
        if (result === undefined) continue;
        const offset = Number(result.id.split('.')[1]);
        published.push({ offset, isOurs: one.topic !== 'other' });
      }
    } else if (one.do === 'cut') {
      binding.stop();
      connect();
    } else if (one.do === 'resubscribe') {
      binding.stop();
      start();
    } else if (one.do === 'congest') binding.isWritable = false;
    else if (one.do === 'drain') binding.drain();
    else if (one.do === 'tell') slow?.tell();
    else if (one.do === 'answer') {
      const { pending } = slow ?? { pending: [] };
      pending.splice(one.which % (pending.length || 1), 1)[0]?.();
    } else await settle();
  };
  // Begins live, so that everything published from here on is for this client.
  connect();
  const isLive = () => client.cursor !== undefined;
  while (!isLive()) {
    slow?.pending.shift()?.();
    await settle();
  }
  for (const one of steps) await perform(one);
  binding.drain();
  for (let calm = 0; calm < 3; calm++) {
    await settle();
    if (slow === undefined) continue;
    for (; slow.pending.length > 0; await settle()) {
      slow.pending.shift()?.();
      calm = 0;
    }
    for (let count = 0; count < 200; count++) slow.tell();
  }
  return { client, published };
}

function offsetsOf(client: Client): number[] {
  return client.got.filter((one) => typeof one === 'number');
}

describe.each([
  [
    'that answers at once',
    (maxEvents: number) => memoryEventLog({ maxEvents }),
  ],
  ['that answers late', (maxEvents: number) => new SlowLog(maxEvents)],
])('a bound stream of a log %s', (_name, open) => {
  it('R2 delivers every event once and in order, however it is cut, congested and subscribed again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { client, published } = await play(open(100_000), steps);
        const expected = published.filter(({ isOurs }) => isOurs);

        expect(offsetsOf(client)).toEqual(expected.map(({ offset }) => offset));
        expect(client.got).not.toContain('reset');
      }),
      { numRuns: 300 },
    );
  });

  it('R3 never leaves a gap without a reset before it, nor goes back, where the log is trimmed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { client, published } = await play(open(3), steps);
        const ours = published
          .filter(({ isOurs }) => isOurs)
          .map(({ offset }) => offset);
        let next = 0;
        for (const one of client.got) {
          if (typeof one === 'string') continue;
          const index = ours.indexOf(one);
          const position = client.got.indexOf(one);
          const hasReset = client.got
            .slice(0, position)
            .slice(client.got.indexOf(ours[next - 1] ?? -1) + 1)
            .includes('reset');
          expect(hasReset || index === next).toBe(true);
          expect(index).toBeGreaterThanOrEqual(next);
          next = index + 1;
        }
        // At the end the client has the newest, or was told that it has not.
        const told = client.got.filter(
          (one) => typeof one === 'number' || one === 'reset',
        );
        expect(next === ours.length || told.at(-1) === 'reset').toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('R6 delivers no transient event twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { client } = await play(open(100_000), steps);
        const transients = client.got.filter(
          (one) => typeof one === 'string' && one !== 'reset',
        );
        expect(transients).toEqual([...new Set(transients)]);
      }),
      { numRuns: 100 },
    );
  });
});
