import type { EventRecord } from '../../event/event-record.js';
import type { BusStreamOptions } from '../bus-stream-options.js';
import type { TopicGrant } from '../topic-policy.js';

/** Whether what a client was granted, and has asked for, reaches back to a record (R8). */
export function isGranted(
  { sinceOf, afterOf }: TopicGrant,
  { topic, publishedAt, order }: EventRecord,
): boolean {
  if (sinceOf !== undefined && publishedAt < sinceOf(topic)) return false;
  return afterOf === undefined || order > afterOf(topic);
}

/** Whether a record is older than what the route replays (R8). */
export function isTooOld(
  { replay }: BusStreamOptions<never>,
  { publishedAt }: EventRecord,
): boolean {
  return replay ? publishedAt < Date.now() - replay.maxAgeMs : false;
}
