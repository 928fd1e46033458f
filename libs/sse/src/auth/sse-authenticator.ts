import type { SsePrincipal } from '../event/principal.js';

/** What a client proves itself with. Tickets are not among them: `SseTicketService` knows whom they are for. */
export type SseCredential =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'cookie'; readonly name: string; readonly value: string };

/**
 * Says who a client is. Yours to write, as a provider of any module; `jwtAuthenticator()` is a ready one.
 *
 * @example
 * \@Injectable()
 * export class SessionAuthenticator extends SseAuthenticator {
 *   constructor(private readonly sessions: SessionsService) { super(); }
 *
 *   async authenticate(credential: SseCredential) {
 *     if (credential.kind !== 'cookie') return undefined;
 *     const session = await this.sessions.find(credential.value);
 *     return session && { id: session.userId, expiresAt: session.expiresAt };
 *   }
 * }
 */
export abstract class SseAuthenticator {
  /**
   * Called once before the application serves anything: what it throws keeps the application from starting. Providers
   * have Nest's own hooks too; an instance in the module's options has only this.
   */
  prepare?(): void | Promise<void>;

  /**
   * @param request the platform's request object
   * @returns `undefined` if the credential proves nothing: 401
   * @throws what should have another status, as an `HttpException`
   */
  abstract authenticate(
    credential: SseCredential,
    request: unknown,
  ): SsePrincipal | undefined | Promise<SsePrincipal | undefined>;

  /**
   * Who a principal is by now, asked every `revalidateMs` while a stream is open, and when a ticket is used.
   * `undefined` ends the stream, and so does an `HttpException` of 401 or 403; what else it throws changes
   * nothing. Without this method a principal stays what it was until it expires.
   */
  revalidate?(
    principal: SsePrincipal,
  ): SsePrincipal | undefined | Promise<SsePrincipal | undefined>;
}
