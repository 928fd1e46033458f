import type { EventRecord } from '../../event/event-record.js';
import type { BusStreamOptions } from '../bus-stream-options.js';
import type { TopicGrant } from '../topic-policy.js';

/** Whether a client's rights reach back to a record (R8). */
export function isGranted(
  sinceOf: TopicGrant['sinceOf'],
  { topic, publishedAt }: EventRecord,
): boolean {
  return sinceOf === undefined || publishedAt >= sinceOf(topic);
}

/** Whether a record is older than what the route replays (R8). */
export function isTooOld(
  { replay }: BusStreamOptions<never>,
  { publishedAt }: EventRecord,
): boolean {
  return replay ? publishedAt < Date.now() - replay.maxAgeMs : false;
}
