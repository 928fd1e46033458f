import { errorFrame, openFrame, retryFrame } from '../event/control-event.js';
import type { Frame } from '../event/frame.js';
import type { DisconnectCommand } from './connection-command.js';
import {
  retryDelay,
  type RetryOptions,
  type StreamSettings,
} from './stream-settings.js';
import type { StreamFailure } from './stream-failure.js';

/** What every stream begins with. */
export function openFrameOf({ retry, heartbeatMs }: StreamSettings): Frame {
  return openFrame(heartbeatMs, retry ? retryDelay(retry) : undefined);
}

/** When a client is to come back, spread. */
export function retryFrameOf(retry: RetryOptions): Frame {
  return retryFrame(retryDelay(retry));
}

/**
 * The end of a stream that failed.
 * @param endId marks a final failure as the end for this client: native EventSource would come back for ever
 */
export function errorFrameOf(
  { code, message, retryable }: StreamFailure,
  endId: string | undefined,
): Frame {
  return errorFrame({ code, message, retryable }, endId);
}

/** The end of a stream whose client was disconnected. */
export function disconnectFrameOf(
  { reason, terminal }: DisconnectCommand,
  endId: string,
): Frame {
  const message = reason ?? 'The server ended the stream.';
  return errorFrame(
    { code: 'DISCONNECTED', message, retryable: !terminal },
    terminal ? endId : undefined,
  );
}
