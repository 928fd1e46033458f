import type { LogPosition } from '../event-log.js';
import type { LogEngine, LogRange } from './log-engine.js';
import type { NodeWindow, WindowBounds } from './node-window.js';

/** Records per answer: a range of the largest events still fits into memory. */
const RANGE_LIMIT = 500;

/** Fills a node's window with the newest part of the log, so that clients of other nodes may come back to it. */
export async function fillWindow(
  window: NodeWindow,
  engine: LogEngine,
  { epoch, offset }: LogPosition,
  { maxEvents, maxBytes }: WindowBounds,
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
  window.restart(from);
  for (const { records, through } of ranges.reverse())
    window.append(records, through);
}
