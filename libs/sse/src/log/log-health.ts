/** Whether a log's engine can be reached. */
export type LogHealthState =
  | {
      readonly status: 'up';
      /** Milliseconds since the Unix epoch. */
      readonly since: number;
    }
  | {
      readonly status: 'down';
      /** Milliseconds since the Unix epoch. */
      readonly since: number;
      /** What the engine or the network said, for people to read. Holds no credentials. */
      readonly reason: string;
    };

/**
 * The health of a log whose engine is another process: an ability of the log, for health checks, metrics and
 * warnings. While the engine is away, open streams stay open, and `publish` fails in bounded time.
 */
export interface LogHealth {
  readonly state: LogHealthState;
  /**
   * Tells of every change of the status.
   * @returns stops telling
   */
  watch(listener: (state: LogHealthState) => void): () => void;
}
