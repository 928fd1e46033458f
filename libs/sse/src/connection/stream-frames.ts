import { endFrame, errorFrame, openFrame } from '../event/control-event.js';
import type { Frame } from '../event/frame.js';
import type { DisconnectCommand } from './connection-command.js';
import { retryDelay, type StreamSettings } from './stream-settings.js';
import { endIdOf } from './end-id.js';
import type { StreamFailure } from './stream-failure.js';

/** What every stream begins with. */
export function openFrameOf({ retry, heartbeatMs }: StreamSettings): Frame {
  return openFrame(heartbeatMs, retry ? retryDelay(retry) : undefined);
}

/** The end of a source that has completed. */
export function endFrameOf(path: string): Frame {
  return endFrame(endIdOf(path));
}

/** The end of a stream that failed. */
export function errorFrameOf(
  { code, message, retryable }: StreamFailure,
  path: string,
): Frame {
  // A final failure marks the end for this URL: native EventSource would come back for ever.
  const id = retryable ? undefined : endIdOf(path);
  return errorFrame({ code, message, retryable }, id);
}

/** The end of a stream whose client was disconnected. */
export function disconnectFrameOf(
  { reason, terminal }: DisconnectCommand,
  path: string,
): Frame {
  const failure = {
    code: 'DISCONNECTED',
    message: reason ?? 'The server ended the stream.',
    retryable: !terminal,
    isExpected: true,
  };
  return errorFrameOf(failure, path);
}
