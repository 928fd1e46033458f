export { SseModule } from './sse.module.js';
export type { DrainOptions, SseModuleOptions } from './options.js';

export {
  SseStream,
  type SseStreamOptions,
} from './route/sse-stream.decorator.js';
export {
  HEARTBEAT_OPTIONS,
  HeartbeatInterceptor,
  type HeartbeatOptions,
} from './route/heartbeat.interceptor.js';
export {
  EVENT_ID_OPTIONS,
  EventIdInterceptor,
  type EventIdOptions,
} from './route/event-id.interceptor.js';
export {
  configureStream,
  type StreamConfiguration,
} from './route/pending-stream.js';
export {
  LastEventId,
  Principal,
  principalOf,
  SseConn,
} from './route/parameters.decorator.js';

export {
  OnSseConnect,
  OnSseDisconnect,
  OnSseError,
  type SseDisconnection,
  type SseFailure,
} from './route/sse-hooks.decorator.js';

export { SseAuthGuard } from './auth/sse-auth.guard.js';
export { SseAuthentication } from './auth/sse-authentication.service.js';
export type {
  HttpExchange,
  RawRequest,
  RawResponse,
} from './platform/http-exchange.js';
export {
  SseAuthenticator,
  type SseCredential,
} from './auth/sse-authenticator.js';
export { SseTopicPolicy, type TopicDecision } from './auth/sse-topic-policy.js';
export {
  SseTicketService,
  type SseTicket,
  type TicketRequest,
} from './auth/tickets/sse-ticket.service.js';
export {
  createTicketController,
  type TicketControllerOptions,
} from './auth/tickets/create-ticket-controller.js';
export {
  createSubscriptionController,
  type SubscriptionControllerOptions,
} from './subscriptions/create-subscription-controller.js';
export type {
  CredentialSources,
  SseAuthOptions,
  TicketOptions,
} from './auth/auth-options.js';

export {
  EventBusService,
  type MaybePublishResult,
  type PublicationsOf,
  type PublishResult,
} from './bus/event-bus.service.js';
export type {
  Publication,
  PublishOptions,
  TypedPublication,
} from './bus/publish/publication.js';
export {
  PublishTo,
  type PublishingDecorator,
  type PublishToOptions,
  type TopicOf,
} from './bus/publish/publish-to.decorator.js';
export type {
  BusStreamOptions,
  ReplayOptions,
  Snapshot,
  SnapshotUpTo,
  StreamTarget,
} from './bus/bus-stream-options.js';
export type { BusStream } from './bus/bus-stream.js';
export { SseConnection } from './bus/binding/sse-connection.js';
export {
  SseConnections,
  type ScopeOptions,
} from './connection/sse-connections.service.js';
export type {
  ConnectionMatch,
  DisconnectOptions,
} from './connection/connection-command.js';
export type { LimitOptions } from './connection/limits/connection-limits.js';
export type { OpenRateOptions } from './connection/limits/open-rate.js';
export type { CloseReason } from './connection/close-reason.js';
export type {
  LifetimeOptions,
  RetryOptions,
  SlowConsumerOptions,
  StreamOptions,
} from './connection/stream-settings.js';
export type { CompressionOptions } from './connection/gzip/gzip-coding.js';
export type { EventIdGenerator } from './connection/output/event-ids.js';

export {
  memoryEventLog,
  type MemoryEventLogOptions,
} from './log/memory/memory-event-log.js';
export type { LogHealth, LogHealthState } from './log/log-health.js';
export type {
  Presence,
  PresenceNode,
  PresentConnection,
} from './log/presence.js';
export type {
  CountClaim,
  NodeCounts,
  SharedCounts,
} from './log/shared-counts.js';
export type { SharedKeys } from './log/shared-keys.js';
export type { Retention } from './log/retention.js';
export type {
  AppendResult,
  CursorCheck,
  EventLog,
  LogEntry,
  LogPosition,
  LogTail,
  ReadQuery,
  ReadResult,
  TailListener,
  TailResetReason,
} from './log/event-log.js';

export { SseEvent, type EventClass } from './event/event-class.js';
export {
  sseEvents,
  SseEventSet,
  type EventClasses,
  type EventsOf,
} from './event/event-set.js';
export type { Serialized } from './event/serialized.js';
export {
  SseException,
  type SseErrorCode,
  type SseExceptionOptions,
  type SseProblem,
} from './base/exception.js';
export type { ClientCursor } from './event/event-id.js';
export {
  EventRecord,
  StreamEvent,
  type EventRecordFields,
  type Offset,
} from './event/event-record.js';
export type { SseData, SseMessage } from './event/message.js';
export {
  aiSdkStream,
  aiSdkText,
  openAiStream,
  plain,
  tanStackAiStream,
  type AiSdkChunk,
  type StreamDialect,
} from './event/dialect.js';
export type { SsePrincipal } from './event/principal.js';
export {
  pattern,
  type TopicPattern,
  type TopicSelector,
} from './event/topic.js';
// A star, because only then does `declare module 'nestjs-event-stream'` reach the interface behind it.
export * from './event/topic-map.js';
export type { ControlEventType } from './event/control-type.js';
export type { StreamErrorData } from './event/control-event.js';
export type { ResetReason } from './event/reset-reason.js';
export type {
  ChangedTopics,
  RefusedTopic,
  ReplayedTopic,
  StreamTopicsData,
} from './event/topics-event.js';
