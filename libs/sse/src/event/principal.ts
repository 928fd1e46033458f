import type { TopicPattern } from './topic.js';

/** Who is connected. */
export interface SsePrincipal {
  /** Stable and unique, such as a user id. */
  readonly id: string;
  /**
   * When the right to be connected ends, in milliseconds since the Unix epoch: `exp * 1000` of a token. One in seconds,
   * which would be in the year 1970, is refused.
   * @default never
   */
  readonly expiresAt?: number;
  /** The topics the principal may read. Default: all that the application's policy allows. */
  readonly topics?: readonly (string | TopicPattern)[];
}

/** Whether a principal's time is over. */
export function isExpired({ expiresAt }: SsePrincipal): boolean {
  return expiresAt !== undefined && expiresAt <= Date.now();
}
