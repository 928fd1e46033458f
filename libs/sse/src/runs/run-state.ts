import { createHash } from 'node:crypto';
import type { SsePrincipal } from '../event/principal.js';

/** How a run stands. `lost`: the node that produced it died, or was silent for too long. */
export type RunStatus = 'running' | 'completed' | 'failed' | 'stopped' | 'lost';

/** What is known of a run. */
export interface RunState {
  readonly status: RunStatus;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Milliseconds since the Unix epoch; undefined while it runs. */
  readonly endedAt?: number | undefined;
  /** Why it failed, for the client. */
  readonly error?: RunError | undefined;
}

/** Why a run failed, as its clients are told. */
export interface RunError {
  readonly code: string;
  readonly message: string;
}

/** A run's state as all nodes share it. */
export interface StoredRun extends RunState {
  /** Counts the runs of one key. */
  readonly generation: number;
  readonly topic: string;
  /** The id of the record that began the run: everything after it is the run's. */
  readonly startId: string;
  /** The node that produces it. */
  readonly node: string;
}

/** The types of a run's own records among its events. The dollar keeps them apart from what producers may emit. */
export const RUN_STARTED = '$run.started';
export const RUN_STOP = '$run.stop';
export const RUN_ENDED = '$run.ended';

/** What the record that ends a run says. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly error?: RunError | undefined;
}

/** The name of a key's runs in the log and among the shared keys: nobody can guess it from another principal's key. */
export function runIdOf(
  key: string,
  principal: SsePrincipal | undefined,
  isShared: boolean,
): string {
  const owner = isShared ? ['shared'] : ['of', principal?.id ?? null];
  return createHash('sha256')
    .update(JSON.stringify([owner, key]))
    .digest('base64url')
    .slice(0, 22);
}
