import type { ResetReason } from '../../event/reset-reason.js';
import { parseEndId, topicsEndId } from '../../event/end-id.js';
import type { Offset } from '../../event/event-record.js';
import type { TopicSelector } from '../../event/topic.js';
import { parseEventId, type ClientCursor } from '../../event/event-id.js';
import { SelectorWithEnds } from '../../log/control-topic.js';
import type { BusStreamOptions } from '../bus-stream-options.js';
import type { BusContext } from '../fan-out/bus-context.js';

/** How a stream begins, once its cursor is checked; `resumed` where it was subscribed before. */
export type ResumePoint =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'resume'; readonly after: Offset }
  | { readonly kind: 'resumed' }
  | {
      readonly kind: 'reset';
      readonly reason: ResetReason;
      /** The client has seen the log up to here, on a node that was ahead of this one. */
      readonly seen?: Offset;
      /** What it came with, where this node may learn of that epoch yet. */
      readonly cursor?: ClientCursor;
    }
  /** The client was told that these topics have ended, and comes back to that. */
  | { readonly kind: 'over' };

// One object for all: thousands of streams have nothing more to remember.
export const FRESH: ResumePoint = { kind: 'fresh' };
export const RESUMED: ResumePoint = { kind: 'resumed' };

/** What a client comes back to. */
export interface ResumedStream {
  readonly selector: TopicSelector;
  readonly options: BusStreamOptions<never>;
}

/** Where a client that came with this id begins. */
export async function resumePointOf(
  lastEventId: string,
  { log, tail }: BusContext,
  { selector, options: { replay } }: ResumedStream,
): Promise<ResumePoint> {
  const end = endPointOf(lastEventId, tail.epoch, selector);
  if (end?.kind === 'over') return end;
  if (replay === false) return FRESH;
  if (end !== undefined) return end;
  const cursor = parseEventId(lastEventId);
  if (cursor === undefined) return { kind: 'reset', reason: 'malformed' };
  const check = await log.check(cursor, new SelectorWithEnds(selector));
  switch (check.state) {
    case 'complete':
      return { kind: 'resume', after: check.offset };
    case 'truncated':
      return {
        kind: 'reset',
        reason: 'truncated',
        seen: Number(cursor.offset),
      };
    case 'epoch':
      return { kind: 'reset', reason: 'epoch', cursor };
    default:
      return { kind: 'reset', reason: check.state };
  }
}

/**
 * How far a client has seen an epoch that its node learns of only now, from the cursor that it came with. Without this
 * it would get once more what another node has sent it.
 */
export function seenIn(
  epoch: string,
  cursor: ClientCursor | undefined,
): Offset | undefined {
  return cursor?.epoch === epoch && /^\d{1,15}$/.test(cursor.offset)
    ? Number(cursor.offset)
    : undefined;
}

// An end of other topics, or of another log, is a cursor like any other that cannot be served.
function endPointOf(
  lastEventId: string,
  epoch: string,
  { topics, patterns }: TopicSelector,
): ResumePoint | undefined {
  const mark = parseEndId(lastEventId);
  if (mark === undefined) return undefined;
  if (mark.epoch !== undefined && mark.epoch !== epoch)
    return { kind: 'reset', reason: 'epoch' };
  return patterns.length === 0 && lastEventId === topicsEndId(epoch, topics)
    ? { kind: 'over' }
    : { kind: 'reset', reason: 'malformed' };
}
