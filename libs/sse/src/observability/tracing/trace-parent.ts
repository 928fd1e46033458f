import type { SpanContext } from '@opentelemetry/api';

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** What a record carries of the span that it was published in. */
export function traceParentOf(context: SpanContext): string {
  const flags = context.traceFlags.toString(16).padStart(2, '0');
  return `00-${context.traceId}-${context.spanId}-${flags}`;
}

/** The span that a record was published in, on whichever node; undefined if that is not to be read. */
export function publisherOf(traceParent: string): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(traceParent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined)
    return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
}
