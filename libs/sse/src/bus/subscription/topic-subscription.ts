import { topicsFrame } from '../../event/control-event.js';
import { parseEventId } from '../../event/event-id.js';
import type { Offset } from '../../event/event-record.js';
import type { SsePrincipal } from '../../event/principal.js';
import { assertTopic } from '../../event/topic.js';
import type {
  ChangedTopics,
  ReplayedTopic,
  StreamTopicsData,
} from '../../event/topics-event.js';
import type { ConnectionPort } from '../binding/connection-port.js';
import type { BoundStream } from '../bound-stream.js';
import { assertTopicCount, openBound, type BusStream } from '../bus-stream.js';
import type { BusContext } from '../fan-out/bus-context.js';
import { TopicHistory } from '../resume/topic-history.js';
import type { TopicGrant, TopicPolicy } from '../topic-policy.js';
import { grantsOf } from './topic-grants.js';
import type { TopicChange, TopicRequest } from './topic-request.js';

const NOTHING: StreamTopicsData = {
  added: [],
  removed: [],
  refused: [],
  replayed: [],
};

/**
 * The bound stream of a connection whose topics change while it is open. It stands between the stream and the policy
 * of the bus: a topic that may not be read is left out and named, instead of ending the stream.
 */
export class TopicSubscription implements TopicPolicy {
  /** What the handler returns. */
  readonly stream: BusStream;
  readonly #bound: BoundStream;
  /** The topics it reads, each with the time from which on its principal may read it. */
  readonly #granted = new Map<string, number>();
  /** Up to which place the client has a topic already. */
  readonly #known = new Map<string, Offset>();
  readonly #grant: TopicGrant = {
    sinceOf: (topic) => this.#granted.get(topic) ?? Infinity,
    afterOf: (topic) => this.#known.get(topic) ?? -1,
  };
  #histories: readonly TopicHistory[] = [];
  #hasBegun = false;
  /** One change after the other, whoever asks for it. */
  #changes: Promise<unknown> = Promise.resolve();

  /**
   * @param token told to the client at the beginning
   * @throws SseException `INVALID_TOPIC`, `TOO_MANY_TOPICS`, `SECOND_BUS_STREAM`
   */
  constructor(
    private readonly bus: BusContext,
    private readonly binding: ConnectionPort,
    private readonly requests: readonly TopicRequest[],
    private readonly token: string,
  ) {
    const topics = [...byTopic(requests).keys()];
    const selector = { topics, patterns: [] };
    assertTopicCount(selector, bus.maxTopicsPerStream);
    const context = { ...bus, policy: this };
    const options = { staysOpen: true };
    const { bound, stream } = openBound(context, selector, options, binding);
    this.#bound = bound;
    this.stream = stream;
  }

  /** The stream asks when it begins, and whenever rights may have changed. */
  async authorise(): Promise<TopicGrant> {
    await this.#inOrder(() =>
      this.#hasBegun ? this.#recheck() : this.#begin(),
    );
    return this.#grant;
  }

  mayRead(principal: SsePrincipal | undefined, topic: string): boolean {
    return this.bus.policy.mayRead(principal, topic);
  }

  /**
   * Changes the topics; histories may still be on their way when it resolves.
   * @throws SseException `INVALID_TOPIC`, `TOO_MANY_TOPICS` (nothing has changed then), `UNAUTHENTICATED`
   */
  change({
    subscribe = [],
    unsubscribe = [],
  }: TopicChange): Promise<ChangedTopics> {
    const requests = byTopic(subscribe);
    return this.#inOrder(async () => {
      const removed = unsubscribe.filter((topic) => this.#granted.has(topic));
      const kept = new Set(this.#granted.keys());
      for (const topic of removed) kept.delete(topic);
      for (const topic of kept) requests.delete(topic);
      const topics = [...kept, ...requests.keys()];
      assertTopicCount({ topics, patterns: [] }, this.bus.maxTopicsPerStream);
      return this.#apply(removed, requests);
    });
  }

  async #begin(): Promise<void> {
    this.#hasBegun = true;
    await this.#apply([], byTopic(this.requests), this.token);
  }

  async #recheck(): Promise<void> {
    const topics = [...this.#granted.keys()];
    const { granted, refused } = await this.#ask(topics);
    for (const [topic, since] of granted) this.#granted.set(topic, since);
    if (refused.length === 0) return;
    this.#remove(refused);
    this.#tell({ removed: refused, refused: refused.map(forbidden) });
    this.#bound.change(this.#selector, this.#histories);
  }

  async #apply(
    removed: readonly string[],
    requests: ReadonlyMap<string, string | undefined>,
    token?: string,
  ): Promise<ChangedTopics> {
    const { granted, refused } = await this.#ask([...requests.keys()]);
    const replayed: ReplayedTopic[] = [];
    const histories: TopicHistory[] = [];
    const known = new Map<string, Offset>();
    for (const topic of granted.keys()) {
      const since = requests.get(topic);
      if (since === undefined) continue;
      const place = await this.#placeOf(topic, since);
      if (typeof place === 'string')
        replayed.push({ topic, replayed: 0, gap: place });
      else {
        known.set(topic, place);
        histories.push(this.#historyOf(topic, place));
      }
    }
    this.#remove(removed);
    for (const [topic, since] of granted) this.#granted.set(topic, since);
    for (const [topic, place] of known) this.#known.set(topic, place);
    this.#histories = [...this.#histories, ...histories];
    const changed: ChangedTopics = {
      added: [...granted.keys()],
      removed,
      refused: refused.map(forbidden),
    };
    this.#tell({ ...(token !== undefined && { token }), ...changed, replayed });
    this.#bound.change(this.#selector, this.#histories);
    return changed;
  }

  #ask(topics: readonly string[]) {
    return grantsOf(this.bus.policy, this.binding.principal, topics);
  }

  /** Where a topic's history begins, or why the log cannot serve it. */
  async #placeOf(topic: string, since: string) {
    const cursor = parseEventId(since);
    if (cursor === undefined) return 'malformed';
    const selector = { topics: [topic], patterns: [] };
    const check = await this.bus.log.check(cursor, selector);
    return check.state === 'complete' ? check.offset : check.state;
  }

  #historyOf(topic: string, place: Offset): TopicHistory {
    const { binding } = this;
    return new TopicHistory(topic, place, this.#grant, binding, (one, gap) => {
      this.#histories = this.#histories.filter((other) => other !== one);
      const { replayed } = one;
      this.#tell({ replayed: [{ topic, replayed, ...(gap && { gap }) }] });
    });
  }

  #remove(topics: readonly string[]): void {
    for (const topic of topics) {
      this.#granted.delete(topic);
      this.#known.delete(topic);
    }
    this.#histories = this.#histories.filter(({ topic }) =>
      this.#granted.has(topic),
    );
  }

  get #selector() {
    return { topics: [...this.#granted.keys()], patterns: [] };
  }

  #tell(data: Partial<StreamTopicsData>): void {
    this.binding.sendControl(topicsFrame({ ...NOTHING, ...data }));
  }

  async #inOrder<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change);
    // Who asked hears of its failure; the next change does not.
    this.#changes = result.catch(() => undefined);
    return result;
  }
}

/** The ids after which the topics begin; of a topic that is named twice, the last one counts. */
function byTopic(
  requests: readonly TopicRequest[],
): Map<string, string | undefined> {
  for (const { topic } of requests) assertTopic(topic);
  return new Map(requests.map(({ topic, since }) => [topic, since]));
}

function forbidden(topic: string) {
  return { topic, code: 'TOPIC_FORBIDDEN' } as const;
}
