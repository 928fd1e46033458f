import { setImmediate as turn } from 'node:timers/promises';
import { SseException } from '../../base/exception.js';
import type { SsePrincipal } from '../../event/principal.js';
import type { TopicPolicy } from '../topic-policy.js';

/** How long the event loop may be held up by questions that are answered at once, in milliseconds. */
const MAX_TURN_MS = 8;

/** Which topics a principal may read, each with the time from which on. */
export interface TopicGrants {
  readonly granted: ReadonlyMap<string, number>;
  readonly refused: readonly string[];
}

/**
 * Asks for all topics at once, which is the usual case and the cheapest, and one by one if that is refused.
 * @throws SseException `UNAUTHENTICATED`, and whatever the policy fails with
 */
export async function grantsOf(
  policy: TopicPolicy,
  principal: SsePrincipal | undefined,
  topics: readonly string[],
): Promise<TopicGrants> {
  const all = await ask(policy, principal, topics);
  if (all !== undefined) return { granted: all, refused: [] };
  const granted = new Map<string, number>();
  const refused: string[] = [];
  let startedAt = performance.now();
  for (const topic of topics) {
    const one = await ask(policy, principal, [topic]);
    if (one === undefined) refused.push(topic);
    else granted.set(topic, one.get(topic)!);
    if (performance.now() - startedAt < MAX_TURN_MS) continue;
    await turn();
    startedAt = performance.now();
  }
  return { granted, refused };
}

/** Undefined if one of the topics is forbidden. */
async function ask(
  policy: TopicPolicy,
  principal: SsePrincipal | undefined,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const selector = { topics, patterns: [] };
    const { sinceOf } = await policy.authorise(principal, selector);
    return new Map(topics.map((one) => [one, sinceOf?.(one) ?? -Infinity]));
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

// A policy of the application says no with its own exception, too.
function isForbidden(error: unknown): boolean {
  if (error instanceof SseException) return error.code === 'TOPIC_FORBIDDEN';
  return (error as { getStatus?(): number } | null)?.getStatus?.() === 403;
}
