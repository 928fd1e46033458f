export { EventStream } from './event-stream.js';
export type {
  EventCheck,
  EventStreamOptions,
  RetryOptions,
} from './event-stream-options.js';
export {
  EventStreamError,
  type EventStreamErrorCode,
  type EventStreamErrorDetails,
} from './event-stream-error.js';
export type { ClosedReason, StreamState } from './stream-state.js';
export type {
  AnyEvent,
  EventOf,
  EventType,
  Serialized,
  StreamEvent,
} from './stream-event.js';
export type {
  ControlEvents,
  ControlEventType,
  ResetReason,
  StreamErrorData,
  StreamTopicsData,
} from './control-type.js';
export type { SourceEventMap, StreamErrorEvent } from './source-target.js';
