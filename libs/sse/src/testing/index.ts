export type { TestEvent } from './client/event-blocks.js';
export type { EventKind } from './client/event-kind.js';
export type { TestStreamOptions } from './client/test-request.js';
export {
  openTestStream,
  type TestEventMap,
  type TestStream,
} from './client/test-stream.js';
export {
  describeEventLog,
  type ContractOptions,
  type ContractRetention,
  type EventLogFactory,
  type RetentionBound,
} from './event-log-contract.js';
export {
  expectEvents,
  type ExpectedEvent,
  type StreamExpectation,
} from './expect-events.js';
export {
  RecordingEventBus,
  type PublishedEvent,
} from './recording-event-bus.js';
export { SseTestingModule } from './sse-testing.module.js';
export { takeOverTime, type FakeTimers, type TestClock } from './test-clock.js';
