import type { ResetReason } from '../../event/control-event.js';
import type { Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import { parseEventId } from '../../event/event-id.js';
import type { EventLog } from '../../log/event-log.js';

/** How a stream begins, once its cursor is checked; `resumed` where it was subscribed before. */
export type ResumePoint =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'resume'; readonly after: Offset }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'reset'; readonly reason: ResetReason };

// One object for all: thousands of streams have nothing more to remember.
export const FRESH: ResumePoint = { kind: 'fresh' };
export const RESUMED: ResumePoint = { kind: 'resumed' };

/** Where a client that came with this id begins. */
export async function resumePointOf(
  lastEventId: string,
  log: EventLog,
  selector: TopicSelector,
): Promise<ResumePoint> {
  const cursor = parseEventId(lastEventId);
  if (cursor === undefined) return { kind: 'reset', reason: 'malformed' };
  const check = await log.check(cursor, selector);
  return check.state === 'complete'
    ? { kind: 'resume', after: check.offset }
    : { kind: 'reset', reason: check.state };
}
