import { Logger } from '@nestjs/common';
import type { TopicSelector } from '../../event/topic.js';
import type { TopicPolicy } from '../topic-policy.js';
import type { ConnectionPort, Preparable } from './connection-port.js';
import { subscribingConsumer } from './consumer.js';
import { currentBinding } from './handler-context.js';
import { refuseNest } from './nest-subscription.js';
import type { Subscribing, SubscriptionGuard } from './subscription-guard.js';

const logger = new Logger('EventBus');

/** The routes of which the log has heard, for each bus. */
const warned = new WeakMap<TopicPolicy, Set<string>>();

/**
 * Of a stream that is bound to nobody and yet reaches a connection: it was opened after the handler had
 * returned, by an operator, or where the handler's async context was lost. Whoever it reaches has to be
 * allowed to read its topics.
 */
export class UnboundGuard implements SubscriptionGuard {
  readonly #isOutside: boolean;

  constructor(
    private readonly policy: TopicPolicy,
    private readonly selector: TopicSelector,
  ) {
    this.#isOutside = currentBinding() === undefined;
  }

  admit({
    subscriber,
    subscribe,
    consumer = subscribingConsumer(),
    isNested,
  }: Subscribing): Promise<void> | undefined {
    if (isNested) return undefined;
    if (consumer === undefined) {
      // Server code reads what it likes.
      refuseNest(subscribe, this.selector);
      return undefined;
    }
    if (this.#isOutside) warnOnce(this.policy, consumer.route);
    const stream = new AuthorisedStream(this.policy, this.selector, consumer);
    consumer.attach(stream);
    subscriber.add(() => consumer.detach(stream));
    return stream.begin();
  }
}

/** A stream of a connection as long as it is subscribed: authorised as its principal, then and later. */
class AuthorisedStream implements Preparable {
  #prepared: Promise<void> | undefined;

  constructor(
    private readonly policy: TopicPolicy,
    readonly selector: TopicSelector,
    private readonly connection: ConnectionPort,
  ) {}

  /** @returns undefined if the policy could say at once that it may be read */
  begin(): Promise<void> | undefined {
    const grant = this.policy.authorise(
      this.connection.principal,
      this.selector,
    );
    if (grant instanceof Promise) this.#prepared = grant.then(() => undefined);
    return this.#prepared;
  }

  prepare(): Promise<void> {
    return (this.#prepared ??= Promise.resolve());
  }

  async authorise(): Promise<void> {
    await this.policy.authorise(this.connection.principal, this.selector);
  }
}

function warnOnce(policy: TopicPolicy, route: string): void {
  const routes = warned.get(policy) ?? new Set();
  if (routes.has(route)) return;
  warned.set(policy, routes.add(route));
  logger.warn(
    `${route} sends a bus stream that was not opened in its handler's async context, so that it is live only and does ` +
      'not resume. Open it in the handler, or with { connection }; with { live: true } if server code shares it with everybody.',
  );
}
