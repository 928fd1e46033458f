import { SseException, type SseErrorCode } from '../../base/exception.js';

/** A stream that is refused for now, whoever asks for it: it is worth trying again later. */
export class StreamRefusal extends SseException {
  constructor(
    code: Extract<
      SseErrorCode,
      'TOO_MANY_STREAMS' | 'SERVER_FULL' | 'SHUTTING_DOWN'
    >,
    message: string,
    /** When to come back at the earliest; undefined where nobody knows. */
    readonly retryAfterMs?: number,
  ) {
    super(code, message);
  }
}
