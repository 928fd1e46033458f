import type { TopicGrant, TopicPolicy } from '../bus/topic-policy.js';
import { SseException } from '../base/exception.js';
import type { SsePrincipal } from '../event/principal.js';
import {
  isReserved,
  selects,
  TopicPattern,
  type TopicSelector,
} from '../event/topic.js';

/** What a policy says: yes or no, or since when. */
export type TopicDecision =
  | boolean
  | {
      /** What was published before is not replayed; milliseconds since the Unix epoch. */
      readonly since: number;
    };

/**
 * Decides which topics a principal may read, beyond `principal.topics`. Asked whenever a stream of the bus
 * is bound to a connection, so for replay as for live events, and again when rights may have changed.
 *
 * @example
 * \@Injectable()
 * export class RoomPolicy extends SseTopicPolicy {
 *   constructor(private readonly members: MembersService) { super(); }
 *
 *   async canSubscribe(principal: SsePrincipal | undefined, topic: string | TopicPattern) {
 *     const member = await this.members.find(principal?.id, String(topic));
 *     return member !== undefined && { since: member.joinedAt };
 *   }
 * }
 */
export abstract class SseTopicPolicy {
  /**
   * @param principal undefined on routes without `SseAuthGuard`
   * @param topic one of those that the handler asked for: a literal one, or a pattern
   * @throws an `HttpException` of 401 or 403 for no. What else it throws refuses a new stream too, but ends
   *   none that is open
   */
  abstract canSubscribe(
    principal: SsePrincipal | undefined,
    topic: string | TopicPattern,
  ): TopicDecision | Promise<TopicDecision>;
}

/** The policy of the bus: what the principal was granted, and what the application's own policy says. */
export class PrincipalTopicPolicy implements TopicPolicy {
  /** Known once the application's providers are. */
  custom: SseTopicPolicy | undefined;

  // At once where the application has no policy of its own: a live stream that waits for an answer misses events.
  authorise(
    principal: SsePrincipal | undefined,
    selector: TopicSelector,
  ): TopicGrant | Promise<TopicGrant> {
    // Topics of the library's own: whoever gives a stream of one to a client has looked at that client's right.
    if (selector.topics.some(isReserved)) return {};
    const topics = [...selector.topics, ...selector.patterns];
    for (const topic of topics) {
      if (!isGranted(principal, topic)) throw forbidden();
    }
    return this.custom === undefined
      ? {}
      : this.#ask(this.custom, principal, selector);
  }

  mayRead(principal: SsePrincipal | undefined, topic: string): boolean {
    return this.custom === undefined && isGranted(principal, topic);
  }

  async #ask(
    custom: SseTopicPolicy,
    principal: SsePrincipal | undefined,
    selector: TopicSelector,
  ): Promise<TopicGrant> {
    const limits: TopicLimit[] = [];
    for (const topic of [...selector.topics, ...selector.patterns]) {
      const decision = await custom.canSubscribe(principal, topic);
      if (decision === true) continue;
      if (decision === false || typeof decision?.since !== 'number')
        throw forbidden();
      limits.push({ selector: selectorOf(topic), since: decision.since });
    }
    return limits.length === 0 ? {} : { sinceOf: sinceOf(selector, limits) };
  }
}

interface TopicLimit {
  readonly selector: TopicSelector;
  readonly since: number;
}

/** Whether what a principal was granted covers a topic, or all topics of a pattern. */
export function isGranted(
  principal: SsePrincipal | undefined,
  topic: string | TopicPattern,
): boolean {
  if (principal?.topics === undefined) return true;
  return principal.topics.some((granted) => {
    if (typeof granted === 'string') return granted === String(topic);
    return typeof topic === 'string'
      ? granted.matches(topic)
      : granted.covers(topic);
  });
}

function selectorOf(topic: string | TopicPattern): TopicSelector {
  return typeof topic === 'string'
    ? { topics: [topic], patterns: [] }
    : { topics: [], patterns: [topic] };
}

// A topic that was asked for twice, by name and by a pattern, is read as the more generous answer says.
function sinceOf(
  { topics, patterns }: TopicSelector,
  limits: readonly TopicLimit[],
): (topic: string) => number {
  return (topic) => {
    const own = limits.filter(({ selector }) => selects(selector, topic));
    const asked =
      (topics.includes(topic) ? 1 : 0) +
      patterns.filter((one) => one.matches(topic)).length;
    return own.length < asked
      ? -Infinity
      : Math.min(...own.map(({ since }) => since));
  };
}

// Without the topic's name: it may tell of something that the client must not know.
function forbidden(): SseException {
  return new SseException('TOPIC_FORBIDDEN', 'You may not read this topic.');
}
