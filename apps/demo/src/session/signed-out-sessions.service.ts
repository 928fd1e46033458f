import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventBusService } from 'nestjs-event-stream';
import type { Subscription } from 'rxjs';
import {
  SessionAuthenticator,
  type DemoPrincipal,
  type EndedSession,
} from './session.authenticator.js';

declare module 'nestjs-event-stream' {
  interface SseTopicMap {
    'demo.signed-out': EndedSession;
  }
}

/**
 * Tells all nodes that a session is over. A node that starts later has not heard of it: a real application asks its
 * session store.
 */
@Injectable()
export class SignedOutSessions
  implements OnApplicationBootstrap, OnModuleDestroy
{
  #heard: Subscription | undefined;

  constructor(
    private readonly bus: EventBusService,
    private readonly authenticator: SessionAuthenticator,
  ) {}

  onApplicationBootstrap(): void {
    this.#heard = this.bus
      .stream('demo.signed-out')
      .subscribe(({ data }) => this.authenticator.end(data));
  }

  onModuleDestroy(): void {
    this.#heard?.unsubscribe();
  }

  async end({ session, expiresAt = 0 }: DemoPrincipal): Promise<void> {
    const ended = { session, expiresAt };
    // This node need not wait for the log.
    this.authenticator.end(ended);
    await this.bus.publish('demo.signed-out', ended, { transient: true });
  }
}
