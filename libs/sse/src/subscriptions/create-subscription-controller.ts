import {
  Body,
  Controller,
  Header,
  Patch,
  Query,
  RequestMethod,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { SseAuthGuard } from '../auth/sse-auth.guard.js';
import type { SseConnection } from '../bus/binding/sse-connection.js';
import type { BusStream } from '../bus/bus-stream.js';
import type { SsePrincipal } from '../event/principal.js';
import type { ChangedTopics } from '../event/topics-event.js';
import { toHttpError } from '../route/http-error.js';
import { Principal, SseConn } from '../route/parameters.decorator.js';
import { SseStream } from '../route/sse-stream.decorator.js';
import { SseSubscriptions } from './sse-subscriptions.service.js';
import {
  bodyPipe,
  ChangeSubscriptionDto,
  OpenSubscriptionDto,
  SubscriptionQueryDto,
} from './subscription-body.js';

/** Where the controller of subscriptions stands, and who guards it. */
export interface SubscriptionControllerOptions {
  /**
   * Where streams are opened and changed.
   * @default 'sse/subscriptions'
   */
  readonly path?: string | undefined;
  /**
   * Who may open and change them. Which topics they may read is decided for each topic, by the principal's own and by
   * the application's `SseTopicPolicy`.
   * @default [SseAuthGuard]
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
}

/**
 * A controller of streams whose topics the client chooses and changes while the stream is open. Put what it gives into
 * the `controllers` of a module.
 *
 * - `POST { "topics": [{ "topic": "orders.42", "since": "<id>" }] }` opens a stream, and so does `GET ?topic=orders.42`;
 * - `PATCH { "token", "subscribe": [{ "topic", "since" }], "unsubscribe": ["orders.42"] }` changes it, and answers
 *   `{ added, removed, refused }`.
 *
 * The token comes with the stream's first `stream-topics`. Topics are authorised one by one: one that is refused is
 * named, and the others are not held up by it.
 *
 * @example \@Module({ controllers: [createSubscriptionController({ path: 'live' })] })
 */
export function createSubscriptionController({
  path = 'sse/subscriptions',
  guards = [SseAuthGuard],
}: SubscriptionControllerOptions = {}): Type {
  @Controller(path)
  @UseGuards(...guards)
  class SseSubscriptionController {
    constructor(private readonly subscriptions: SseSubscriptions) {}

    @SseStream({ frames: 'named' })
    watch(
      @SseConn() connection: SseConnection,
      @Query(bodyPipe(SubscriptionQueryDto))
      { topic = [] }: SubscriptionQueryDto,
    ): BusStream {
      const requests = topic.map((one) => ({ topic: one }));
      return this.subscriptions.open(connection, requests);
    }

    @SseStream({ method: RequestMethod.POST, frames: 'named' })
    open(
      @SseConn() connection: SseConnection,
      @Body(bodyPipe(OpenSubscriptionDto)) { topics }: OpenSubscriptionDto,
    ): BusStream {
      return this.subscriptions.open(connection, topics);
    }

    /** @throws HttpException 404 `NO_SUCH_SUBSCRIPTION`, 400 `TOO_MANY_TOPICS` or the validators' messages */
    @Patch()
    @Header('cache-control', 'no-store')
    async change(
      @Principal() principal: SsePrincipal | undefined,
      @Body(bodyPipe(ChangeSubscriptionDto)) body: ChangeSubscriptionDto,
    ): Promise<ChangedTopics> {
      const { token, ...change } = body;
      try {
        return await this.subscriptions.change(principal, token, change);
      } catch (error) {
        throw toHttpError(error);
      }
    }
  }
  return SseSubscriptionController;
}
