import type { StreamSettings } from '../stream-settings.js';
import type { StreamTransport } from './stream-transport.js';

/**
 * How long a client may take nothing while more waits for it than it may buffer. A snapshot or a single value can be
 * larger than that, and arrives as long as the client reads.
 */
const OVERFULL_STALL_MS = 5_000;

/** What says when a client counts as stalled. */
export type StallSettings = Pick<
  StreamSettings,
  'maxBufferedBytes' | 'stallTimeoutMs'
>;

/** After how many milliseconds without progress a client is cut, for what waits for it right now. */
export function stallMsOf(
  { backlog }: StreamTransport,
  { maxBufferedBytes, stallTimeoutMs }: StallSettings,
): number {
  return backlog > maxBufferedBytes
    ? Math.min(OVERFULL_STALL_MS, stallTimeoutMs)
    : stallTimeoutMs;
}
