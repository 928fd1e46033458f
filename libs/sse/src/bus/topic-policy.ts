import type { Offset } from '../event/event-record.js';
import type { SsePrincipal } from '../event/principal.js';
import type { TopicSelector } from '../event/topic.js';

/** What a principal may read of the topics it asked for. */
export interface TopicGrant {
  /**
   * Events of a topic that were published before this time are not replayed; milliseconds since the Unix
   * epoch.
   */
  readonly sinceOf?: ((topic: string) => number) | undefined;
  /** Events of a topic up to this place are not replayed: the client has what they say already. */
  readonly afterOf?: ((topic: string) => Offset) | undefined;
}

/** Decides who may read which topics. */
export interface TopicPolicy {
  /** @throws SseException `TOPIC_FORBIDDEN`, `UNAUTHENTICATED` */
  authorise(
    principal: SsePrincipal | undefined,
    selector: TopicSelector,
  ): TopicGrant | Promise<TopicGrant>;

  /** Whether a topic may surely be read, as far as that can be told without asking anybody. */
  mayRead(principal: SsePrincipal | undefined, topic: string): boolean;
}
