import type { TopicGrant, TopicPolicy } from '../bus/topic-policy.js';
import { SseException } from '../base/exception.js';
import type { SsePrincipal } from '../event/principal.js';
import { TopicMatcher } from '../event/topic-matcher.js';
import {
  isReserved,
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
    assertGranted(principal, selector);
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
    const limits = new Map<string | TopicPattern, number>();
    for (const topic of [...selector.topics, ...selector.patterns]) {
      const decision = await custom.canSubscribe(principal, topic);
      if (decision === true) continue;
      if (decision === false || typeof decision?.since !== 'number')
        throw forbidden();
      limits.set(topic, decision.since);
    }
    return limits.size === 0 ? {} : { sinceOf: sinceOf(selector, limits) };
  }
}

/** @throws SseException `TOPIC_FORBIDDEN` */
function assertGranted(
  principal: SsePrincipal | undefined,
  { topics, patterns }: TopicSelector,
): void {
  const granted = principal?.topics;
  if (granted === undefined) return;
  // Many topics of a stream, and many that were granted, are not compared each with each.
  const matcher = new TopicMatcher({
    topics: granted.filter((one) => typeof one === 'string'),
    patterns: granted.filter((one) => typeof one !== 'string'),
  });
  const isAllowed =
    topics.every((topic) => matcher.matches(topic)) &&
    patterns.every((one) => isGranted(principal, one));
  if (!isAllowed) throw forbidden();
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

// A topic that was asked for twice, by name and by a pattern, is read as the more generous answer says.
function sinceOf(
  { topics, patterns }: TopicSelector,
  limits: ReadonlyMap<string | TopicPattern, number>,
): (topic: string) => number {
  const named = new Map(
    topics.map((topic) => [topic, limits.get(topic) ?? -Infinity]),
  );
  return (topic) =>
    patterns.reduce(
      (since, one) =>
        one.matches(topic)
          ? Math.min(since, limits.get(one) ?? -Infinity)
          : since,
      named.get(topic) ?? Infinity,
    );
}

// Without the topic's name: it may tell of something that the client must not know.
function forbidden(): SseException {
  return new SseException('TOPIC_FORBIDDEN', 'You may not read this topic.');
}
