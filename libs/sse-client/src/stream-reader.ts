import { createBlockParser } from './block-parser.js';
import type { ControlEvents, StreamErrorData } from './control-type.js';
import { EventStreamError } from './event-stream-error.js';

/** Who reads a stream, and hears of what comes. */
export interface StreamReaderHandlers {
  /** The cursor is a new one. */
  onId(id: string): void;
  onEvent(type: string, text: string): void;
  /** Nothing that was missed is still to come. */
  onLive(): void;
  /** How often the server gives a sign of life. */
  onHeartbeat(milliseconds: number): void;
  onRetry(milliseconds: number): void;
}

/** How a stream ended: complete, or with what failed. */
export type StreamOutcome = 'ended' | EventStreamError;

/**
 * Makes of a stream's bytes what they mean. What is given back takes the next bytes, gives the outcome once the stream
 * has said its last word, and throws an EventStreamError `EVENT_TOO_LARGE`.
 */
export function createStreamReader(
  maxEventBytes: number,
  signal: AbortSignal,
  handlers: StreamReaderHandlers,
): (bytes: Uint8Array) => StreamOutcome | undefined {
  let hasControlEvents = false;
  let outcome: StreamOutcome | undefined;

  const feed = createBlockParser(maxEventBytes, {
    onBlock(type, text, id) {
      // What follows the last word, or a close() of a listener, is of no interest.
      if (outcome || signal.aborted) return;
      if (id !== undefined) handlers.onId(id);
      if (text === undefined) return;
      switch (type) {
        case 'stream-open': {
          hasControlEvents = true;
          const { heartbeatMs } = dataOf<ControlEvents[typeof type]>(text);
          if (heartbeatMs) handlers.onHeartbeat(heartbeatMs);
          break;
        }
        case 'stream-end':
          outcome = 'ended';
          break;
        case 'stream-error':
          outcome = failureOf(text);
          break;
        default:
          // A server without control events does not say when the replay is over.
          if (type === 'stream-live' || !hasControlEvents) handlers.onLive();
      }
      handlers.onEvent(type, text);
    },
    onRetry: handlers.onRetry,
    // Servers send heartbeats when nothing else is to be sent.
    onComment: handlers.onLive,
  });
  return (bytes) => {
    feed(bytes);
    return outcome;
  };
}

function failureOf(text: string): EventStreamError {
  const {
    code = '',
    message = text,
    retryable = true,
  } = dataOf<StreamErrorData>(text);
  const data = { code, message, retryable };
  return new EventStreamError('STREAM_FAILED', message, { data, retryable });
}

/** Another server may use the same names for something else: then none of the fields is there. */
function dataOf<Data>(text: string): Partial<Data> {
  try {
    return (JSON.parse(text) as Partial<Data> | null) ?? {};
  } catch {
    return {};
  }
}
