// OpenTelemetry's conventions for messaging are still in development: whatever they become, it changes here alone.
// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/

/** Names of few values: topics are attributes. */
export const SPAN = {
  publish: 'sse publish',
  deliver: 'sse deliver',
  open: 'sse open',
  close: 'sse close',
} as const;

export const ATTRIBUTE = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  batchSize: 'messaging.batch.message_count',
  messageId: 'messaging.message.id',
  errorType: 'error.type',
  route: 'sse.route',
  connectionId: 'sse.connection.id',
  closeReason: 'sse.close.reason',
  durationMs: 'sse.connection.duration_ms',
  blocksSent: 'sse.connection.blocks_sent',
  lagMs: 'sse.lag_ms',
} as const;

/** The value of {@link ATTRIBUTE.system}. */
export const SYSTEM = 'sse';
