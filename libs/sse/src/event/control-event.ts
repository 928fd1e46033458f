import { ControlFrame } from './control-frame.js';
import { Frame } from './frame.js';
import type { ControlEventType } from './control-type.js';
import type { ResetReason } from './reset-reason.js';
import type { StreamTopicsData } from './topics-event.js';
import { encodeFields } from './wire.js';

/** The data of `stream-error`. */
export interface StreamErrorData {
  readonly code: string;
  readonly message: string;
  /** Whether the same request may succeed when it is made again. */
  readonly retryable: boolean;
}

export function openFrame(
  heartbeatMs: number | false,
  retryMs: number | undefined,
): Frame {
  return controlFrame('stream-open', { heartbeatMs }, undefined, retryMs);
}

export function resetFrame(reason: ResetReason): Frame {
  return controlFrame('stream-reset', { reason });
}

export function liveFrame(replayed: number, id: string | undefined): Frame {
  return controlFrame('stream-live', { replayed }, id);
}

export function cursorFrame(id: string): Frame {
  return controlFrame('stream-cursor', {}, id);
}

export function topicsFrame(data: StreamTopicsData): Frame {
  return controlFrame('stream-topics', data);
}

export function errorFrame(error: StreamErrorData, id?: string): Frame {
  return controlFrame('stream-error', error, id);
}

export function endFrame(id: string): Frame {
  return controlFrame('stream-end', {}, id);
}

export function retryFrame(retry: number): Frame {
  return new Frame(encodeFields({ retry }));
}

function controlFrame(
  type: ControlEventType,
  data: object,
  id?: string,
  retry?: number,
): Frame {
  return new ControlFrame({ type, data, id, retry });
}
