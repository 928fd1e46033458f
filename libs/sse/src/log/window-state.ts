/** How much of a log this process keeps at hand: an ability of the log, for metrics. */
export interface WindowState {
  /** Events that are kept. */
  readonly events: number;
  /** What they take of memory, in bytes, roughly. */
  readonly bytes: number;
  /** When the oldest of them was published, in milliseconds since the Unix epoch; undefined if none is kept. */
  readonly oldestAt: number | undefined;
}
