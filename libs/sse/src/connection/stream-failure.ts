import { HttpException, HttpStatus } from '@nestjs/common';
import type { StreamErrorData } from '../event/control-event.js';
import { SseException, type SseErrorCode } from '../base/exception.js';

/** Failures whose message was written for the client. */
const PUBLIC_CODES: ReadonlySet<SseErrorCode> = new Set<SseErrorCode>([
  'UNAUTHENTICATED',
  'TOPIC_FORBIDDEN',
  'SESSION_EXPIRED',
  'DISCONNECTED',
  'TOO_MANY_STREAMS',
  'SERVER_FULL',
  'SHUTTING_DOWN',
  'NO_SUCH_RUN',
  'RUN_FAILED',
  'RUN_LOST',
  'RUN_LIMIT',
]);

/** Failures that the same request meets again: what the route sends, or who asks, has to change first. */
const FINAL_CODES: ReadonlySet<SseErrorCode> = new Set<SseErrorCode>([
  'UNAUTHENTICATED',
  'TOPIC_FORBIDDEN',
  'ASYNC_CALLBACK',
  'INVALID_MESSAGE',
  'UNSERIALIZABLE_DATA',
  'RUN_FAILED',
  'RUN_LOST',
  'RUN_LIMIT',
]);

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** True for 'access denied'; false when the check itself failed (database down), which must not end streams. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof HttpException)
    return REFUSING_STATUSES.has(error.getStatus());
  return (
    error instanceof SseException &&
    (error.code === 'UNAUTHENTICATED' || error.code === 'TOPIC_FORBIDDEN')
  );
}

const REFUSING_STATUSES: ReadonlySet<number> = new Set([401, 403]);

/** A failure as the client sees it, and whether the log needs to hear of it. */
export interface StreamFailure extends StreamErrorData {
  /** It was written for the client, and is no fault of the server. */
  readonly isExpected: boolean;
}

/** What a client may know of a failure in mid-stream; the rest is for the log. */
export function failureOf(error: unknown): StreamFailure {
  if (error instanceof SseException) {
    const isExpected = PUBLIC_CODES.has(error.code);
    return {
      code: error.code,
      message: isExpected ? error.message : 'The stream failed on the server.',
      retryable: !FINAL_CODES.has(error.code),
      isExpected,
    };
  }
  if (error instanceof HttpException && error.getStatus() < 500) {
    const status = error.getStatus();
    return {
      code: HttpStatus[status] ?? `HTTP_${status}`,
      message: error.message,
      retryable: RETRYABLE_STATUSES.has(status),
      isExpected: true,
    };
  }
  return {
    code: 'INTERNAL_ERROR',
    message: 'The stream failed on the server.',
    retryable: true,
    isExpected: false,
  };
}

/** How a stream fails whose principal's time is over. */
export function sessionExpired(): SseException {
  return new SseException('SESSION_EXPIRED', 'The session has expired.');
}
