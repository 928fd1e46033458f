import type { AsyncResource } from 'node:async_hooks';
import type { SsePrincipal } from '../event/principal.js';

/** What stands behind the principal of an open stream. */
export interface PrincipalSession {
  readonly principal: SsePrincipal;
  /** The async context of the request, in which its rights were looked at. */
  readonly context: AsyncResource;
  /** How often to ask again, in milliseconds; `false` for only when told to. */
  readonly revalidateMs: number | false;
  /**
   * Who the principal is by now; undefined once it may not be connected any more. What it throws changes
   * nothing, unless it is a refusal: an outage of the user database must not cut everybody.
   */
  revalidate(principal: SsePrincipal): Promise<SsePrincipal | undefined>;
}
