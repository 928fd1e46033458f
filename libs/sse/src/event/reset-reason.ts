/**
 * Why a client's cursor could not be served: `truncated` (older than the log), `epoch` (the log is
 * another one), `ahead` (the log never got that far), `malformed` (no cursor at all), `max-age` (older
 * than the route replays).
 */
export type ResetReason =
  'truncated' | 'epoch' | 'ahead' | 'malformed' | 'max-age';
