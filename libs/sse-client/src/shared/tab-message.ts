import {
  EventStreamError,
  type EventStreamErrorCode,
  type EventStreamErrorDetails,
} from '../event-stream-error.js';
import type { StreamState } from '../stream-state.js';
import type { SharedEvent } from './event-history.js';

/** What a leader says. What one of an earlier term says counts no more. */
export interface LeaderMessage {
  readonly leader: string;
  readonly term: number;
  /** How many events it has handed on in this term, this one included. */
  readonly count: number;
  readonly state: ClonableState;
  /** The next event. */
  readonly shared?: SharedEvent;
  /** The answer to a tab that joined. */
  readonly missed?: {
    readonly to: string;
    /** Undefined if the leader does not know any more. */
    readonly events: readonly SharedEvent[] | undefined;
  };
}

/** What other tabs say: `join` asks for what came after an id, which is empty for a tab that has nothing yet. */
export type FollowerMessage =
  | { readonly ask: true }
  | { readonly join: { readonly from: string; readonly after: string } };

export type TabMessage = LeaderMessage | FollowerMessage;

/** A state as it can be posted: an error would lose all but its message on the way. */
export type ClonableState = Omit<StreamState, 'error'> & {
  readonly error?: EventStreamErrorDetails & {
    readonly code: EventStreamErrorCode;
    readonly message: string;
  };
};

export function clonable(state: StreamState): ClonableState {
  if (!('error' in state) || state.error === undefined) return state;
  const {
    code,
    message,
    name: _,
    stack: __,
    cause: ___,
    ...details
  } = state.error;
  return { ...state, error: { ...details, code, message } };
}

export function restored({ error, ...state }: ClonableState): StreamState {
  if (error === undefined) return state as StreamState;
  const { code, message, ...details } = error;
  return {
    ...state,
    error: new EventStreamError(code, message, details),
  } as StreamState;
}
