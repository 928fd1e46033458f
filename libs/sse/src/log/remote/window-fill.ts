import type { LogPosition } from '../event-log.js';
import type { Offset } from '../../event/event-record.js';
import { TopicEnds } from '../topic-ends.js';
import type { EndsAt } from './ends-checkpoint.js';
import type { LogEngine, LogRange } from './log-engine.js';
import type { NodeWindow, WindowBounds } from './node-window.js';

/** Records per answer: a range of the largest events still fits into memory. */
const RANGE_LIMIT = 500;

/** Answers of the engine that are read for what a checkpoint does not tell any more. */
const MAX_GAP_RANGES = 20;

/** Fills a node's window with the newest part of the log, so that clients of other nodes may come back to it. */
export async function fillWindow(
  window: NodeWindow,
  engine: LogEngine,
  { epoch, offset }: LogPosition,
  { maxEvents, maxBytes }: WindowBounds,
  known: EndsAt | undefined,
): Promise<void> {
  const ranges: LogRange[] = [];
  let from = offset;
  let events = 0;
  let bytes = 0;
  while (events < maxEvents && bytes < maxBytes) {
    const limit = Math.min(RANGE_LIMIT, maxEvents - events);
    const range = await engine.readBefore(from, limit, epoch);
    // A range without records, broken ones and those of others included, is the beginning of the log.
    if (range.after >= from) break;
    ranges.push(range);
    from = range.after;
    events += range.records.length;
    for (const { size } of range.records) bytes += size;
  }
  window.restart(from, known && (await endsAt(from, known, engine)));
  for (const { records, through } of ranges.reverse())
    window.append(records, through);
}

/** The topics that have ended at a place, which may be behind that of the checkpoint; undefined if nobody knows. */
async function endsAt(
  place: Offset,
  { epoch, through, ends: known }: EndsAt,
  engine: LogEngine,
): Promise<TopicEnds | undefined> {
  const ends = new TopicEnds(known);
  let after = through;
  for (let count = 0; after < place; count++) {
    if (count === MAX_GAP_RANGES) return undefined;
    const range = await engine.readAfter(after, place, epoch);
    // A topic may have gone on in what was trimmed: better to know nothing than that it has ended.
    if (range.after > after) return undefined;
    for (const record of range.records) ends.note(record);
    after = range.through;
  }
  return ends;
}
