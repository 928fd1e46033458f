/** Events of the stream itself. None is named `error`, which native `EventSource` fires on its own. */
export type ControlEventType =
  | 'stream-open'
  | 'stream-reset'
  | 'stream-live'
  | 'stream-cursor'
  | 'stream-topics'
  | 'stream-error'
  | 'stream-end';

const CONTROL_TYPES: ReadonlySet<string> = new Set<ControlEventType>([
  'stream-open',
  'stream-reset',
  'stream-live',
  'stream-cursor',
  'stream-topics',
  'stream-error',
  'stream-end',
]);

export function isControlType(type: string): boolean {
  return CONTROL_TYPES.has(type);
}
