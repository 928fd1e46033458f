/**
 * Events of the stream itself, as the server names them. `stream-cursor` only moves the cursor. A stream of another
 * server has none of them.
 * @see docs/protocol.md
 */
export interface ControlEvents {
  /** The stream is open. `heartbeatMs` is how long it is silent at most; false if it has no heartbeat. */
  'stream-open': { readonly heartbeatMs: number | false };
  /** There is a gap before this point: what one has is out of date and has to be loaded anew. */
  'stream-reset': { readonly reason: ResetReason };
  /** All that was missed has come: so many events. */
  'stream-live': { readonly replayed: number };
  'stream-cursor': Record<string, never>;
  /** The topics of a stream whose topics change have changed: see `nestjs-event-stream-client/topics`. */
  'stream-topics': StreamTopicsData;
  'stream-error': StreamErrorData;
  /** The source is complete: the stream closes, and is not asked for again. */
  'stream-end': Record<string, never>;
}

/** The types of the events by which the server tells of the stream itself. */
export type ControlEventType = keyof ControlEvents;

/**
 * Why the server could not go on from the client's cursor: `truncated` (older than the log), `epoch` (the log is
 * another one), `ahead` (the log never got that far), `malformed` (no cursor at all), `max-age` (older than the route
 * replays).
 */
export type ResetReason =
  'truncated' | 'epoch' | 'ahead' | 'malformed' | 'max-age';

/** The data of `stream-error`. */
export interface StreamErrorData {
  readonly code: string;
  readonly message: string;
  /** Whether the same request may succeed when it is made again. */
  readonly retryable: boolean;
}

/** The data of `stream-topics`. */
export interface StreamTopicsData {
  /** In the first one of a connection only. Not to be shown to anybody. */
  readonly token?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly refused: readonly {
    readonly topic: string;
    readonly code: string;
  }[];
  /** Topics whose history has come, or with a `gap` cannot come whole: then their state has to be loaded anew. */
  readonly replayed: readonly {
    readonly topic: string;
    readonly replayed: number;
    readonly gap?: ResetReason;
  }[];
}

const CONTROL_TYPE = /^stream-(open|reset|live|cursor|topics|error|end)$/;

export function isControlType(type: string): boolean {
  return CONTROL_TYPE.test(type);
}
