import { AsyncResource } from 'node:async_hooks';
import {
  Injectable,
  type InjectionToken,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { PrincipalSession } from '../connection/principal-session.js';
import { SseException } from '../base/exception.js';
import { isExpired, type SsePrincipal } from '../event/principal.js';
import type { StreamAdmission } from '../route/stream-admission.js';
import type { AuthSettings } from './auth-options.js';
import type { SseAuthenticator } from './sse-authenticator.js';
import type {
  SseTicketService,
  TicketClaim,
} from './tickets/sse-ticket.service.js';
import type {
  PrincipalTopicPolicy,
  SseTopicPolicy,
} from './sse-topic-policy.js';
import { assertPrincipal } from './tickets/stored-principal.js';

/** What `SseAuthGuard` needs of its module: the application's own providers among it. */
@Injectable()
export class SseAuthentication implements OnModuleInit {
  #authenticator: SseAuthenticator | undefined;

  constructor(
    readonly settings: AuthSettings,
    readonly tickets: SseTicketService,
    readonly admission: StreamAdmission,
    private readonly topicPolicy: PrincipalTopicPolicy,
    private readonly moduleRef: ModuleRef,
  ) {}

  async onModuleInit(): Promise<void> {
    const { authenticator, policy } = this.settings;
    this.#authenticator = await this.#resolve(authenticator, 'authenticator');
    await this.#authenticator?.prepare?.();
    this.topicPolicy.custom = await this.#resolve(policy, 'policy');
  }

  /** @throws SseException `INVALID_OPTIONS` if the module was given none */
  get authenticator(): SseAuthenticator {
    if (this.#authenticator !== undefined) return this.#authenticator;
    throw new SseException(
      'INVALID_OPTIONS',
      'SseAuthGuard needs to know who may connect: SseModule.forRoot({ auth: { authenticator: … } }).',
    );
  }

  /** A session of a principal whose credentials were just looked at. */
  sessionOf(principal: SsePrincipal): PrincipalSession {
    return {
      principal,
      context: new AsyncResource('SseSession'),
      revalidateMs: this.settings.revalidateMs,
      revalidate: (current) => this.revalidate(current),
    };
  }

  /** A session that a ticket has opened, which also keeps the way back open. */
  sessionOfTicket(
    claim: TicketClaim,
    principal: SsePrincipal,
  ): PrincipalSession {
    const { revalidateMs, tickets } = this.settings;
    return {
      principal,
      context: new AsyncResource('SseSession'),
      revalidateMs: Math.min(revalidateMs || Infinity, tickets.sessionMs / 2),
      revalidate: async (current) => {
        const renewed = await this.revalidate(current);
        if (renewed === undefined || isExpired(renewed)) return renewed;
        return (await claim.prolong()) ? claim.narrow(renewed) : undefined;
      },
    };
  }

  /** Who a principal is by now, whose time may be over; undefined if it may not be connected. */
  async revalidate(principal: SsePrincipal): Promise<SsePrincipal | undefined> {
    const { authenticator } = this;
    if (authenticator.revalidate === undefined) return principal;
    const renewed = await authenticator.revalidate(principal);
    // What a database answers for nobody is often null: it must not pass for a check that did not work.
    if (!renewed) return undefined;
    assertPrincipal(renewed);
    return renewed.id === principal.id ? renewed : undefined;
  }

  async #resolve<T extends SseAuthenticator | SseTopicPolicy>(
    given: T | InjectionToken | undefined,
    option: string,
  ): Promise<T | undefined> {
    if (given === undefined) return undefined;
    if (typeof given === 'object') return given as T;
    try {
      return this.moduleRef.get<T>(given, { strict: false });
    } catch (error) {
      // No provider of any module: a class may still be made here, with what is global.
      if (typeof given === 'function')
        return this.#create(given as Type<T>, option);
      throw unknownProvider(option, String(given), error);
    }
  }

  async #create<T>(type: Type<T>, option: string): Promise<T> {
    try {
      return await this.moduleRef.create(type);
    } catch (error) {
      throw unknownProvider(option, type.name, error);
    }
  }
}

function unknownProvider(
  option: string,
  name: string,
  cause: unknown,
): SseException {
  return new SseException(
    'INVALID_OPTIONS',
    `Invalid options of SseModule: auth.${option} names ${name}, which no module provides. Add it to the providers of one.`,
    { cause },
  );
}
