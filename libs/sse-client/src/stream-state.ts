import type { EventStreamError } from './event-stream-error.js';

/** Why a stream is over: by `close()` or `signal`; by the server's `stream-end` or 204; by a final failure. */
export type ClosedReason = 'closed' | 'ended' | 'failed';

/**
 * What a stream is doing.
 *
 * - `connecting`: a request is on its way.
 * - `replaying`: open, and what was missed is still coming.
 * - `live`: open and up to date.
 * - `waiting`: until the next request; `error` says what ended the last one.
 * - `closed`: over for good.
 */
export type StreamState =
  | { readonly name: 'connecting' }
  | { readonly name: 'replaying' }
  | { readonly name: 'live' }
  | {
      readonly name: 'waiting';
      /** Undefined while the page is in the back/forward cache. */
      readonly error: EventStreamError | undefined;
      /** In how many milliseconds the next request is made, counted from the beginning of the wait. */
      readonly retryInMs: number | undefined;
    }
  | {
      readonly name: 'closed';
      readonly reason: ClosedReason;
      /** What failed, where the reason is `failed`. */
      readonly error?: EventStreamError;
    };
