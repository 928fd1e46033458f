import type { Subscriber } from 'rxjs';
import { SseException } from '../base/exception.js';
import { EVERYBODY, type StreamEvent } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';
import { BoundStream } from './bound-stream.js';
import type { BusContext } from './fan-out/bus-context.js';
import { GuardedObservable } from './binding/guarded-observable.js';
import { bindingOfHandler, currentBinding } from './binding/handler-context.js';
import {
  BoundGuard,
  type SubscriptionGuard,
} from './binding/subscription-guard.js';
import { UnboundGuard } from './binding/unbound-guard.js';
import { LiveStream } from './live-stream.js';
import type { Preparable, ConnectionPort } from './binding/connection-port.js';
import type { BusStreamOptions } from './bus-stream-options.js';
import {
  DirectOutput,
  OperatorOutput,
  ServerOutput,
  type StreamEnd,
  type StreamOutput,
} from './stream-output.js';
import { SubscriberContext } from './binding/subscriber-context.js';

/** What `bus.stream()` gives: an Observable that a connection can also take without RxJS in between. */
export class BusStream<
  Event extends StreamEvent = StreamEvent,
> extends GuardedObservable<Event> {
  /** @internal */
  constructor(
    subscribe: (subscriber: Subscriber<Event>) => () => void,
    guard?: SubscriptionGuard,
    private readonly bound?: {
      readonly stream: BoundStream;
      readonly direct: DirectStart;
    },
  ) {
    super(subscribe, guard);
  }

  /** @internal Sends straight to the connection it is bound to; undefined if that is another one. */
  attachTo(binding: ConnectionPort, end: StreamEnd): (() => void) | undefined {
    return this.bound?.stream.binding === binding
      ? this.bound.direct(end)
      : undefined;
  }
}

type DirectStart = (end: StreamEnd) => () => void;

/** Opens a stream, bound if it is called in a route handler or with a connection. */
export function openBusStream<Event extends StreamEvent>(
  bus: BusContext,
  selector: TopicSelector,
  options: BusStreamOptions<Event>,
): BusStream<Event> {
  const binding = options.connection?.binding ?? bindingOfHandler();
  // `never` takes callbacks of every event type (parameters are contravariant); in here the type does not matter.
  const untyped: BusStreamOptions<never> = options;
  // Server code may name as many as it likes: no request decides on them.
  if (binding !== undefined) assertTopicCount(selector, bus.maxTopicsPerStream);
  if (binding !== undefined && options.live !== true)
    return openBound<Event>(bus, selector, untyped, binding).stream;
  refuseBoundOptions(untyped);
  return openLive(bus, selector, untyped, binding);
}

/** @throws SseException `TOO_MANY_TOPICS` */
export function assertTopicCount(
  { topics, patterns }: TopicSelector,
  limit: number,
): void {
  const count = topics.length + patterns.length;
  if (count <= limit) return;
  throw new SseException(
    'TOO_MANY_TOPICS',
    `A stream of ${count} topics and patterns is over the limit of ${limit} (maxTopicsPerStream). Name what they ` +
      'have in common by one pattern(), or open several streams.',
  );
}

/** @throws SseException `SECOND_BUS_STREAM` */
export function openBound<Event extends StreamEvent>(
  bus: BusContext,
  selector: TopicSelector,
  options: BusStreamOptions<never>,
  binding: ConnectionPort,
): { readonly bound: BoundStream; readonly stream: BusStream<Event> } {
  const context = new SubscriberContext(binding);
  const bound = new BoundStream(bus, selector, options, binding, context);
  const withIds = options.replay !== false;
  let isTaken = false;
  const start = (output: StreamOutput): (() => void) => {
    if (isTaken) {
      throw new SseException(
        'SECOND_BUS_STREAM',
        'A bus stream of a connection was subscribed twice. Use share() behind it, or open the other one with { live: true }.',
      );
    }
    isTaken = true;
    bound.start(output);
    return () => {
      isTaken = false;
      bound.stop();
    };
  };
  const stream = new BusStream<Event>(
    (subscriber) =>
      start(new OperatorOutput(bound, options, context, subscriber, withIds)),
    new BoundGuard(binding),
    {
      stream: bound,
      direct: (end) => start(new DirectOutput(binding, options, context, end)),
    },
  );
  return { bound, stream };
}

function openLive<Event extends StreamEvent>(
  bus: BusContext,
  selector: TopicSelector,
  options: BusStreamOptions<never>,
  binding: ConnectionPort | undefined,
): BusStream<Event> {
  const context = new SubscriberContext(binding);
  const authorised =
    binding === undefined
      ? undefined
      : authorise(bus, selector, binding, context);
  // In an async context of a connection it may be an operator of a handler that opens a further stream.
  const isForEverybody =
    options.live === true && currentBinding() === undefined;
  const guard =
    binding !== undefined
      ? new BoundGuard(binding)
      : isForEverybody
        ? undefined
        : new UnboundGuard(bus.policy, selector);
  const audience = isForEverybody ? EVERYBODY : bus.policy;
  return new BusStream<Event>((subscriber) => {
    const output =
      binding === undefined
        ? new ServerOutput(options, context, subscriber, audience)
        : new OperatorOutput({ binding }, options, context, subscriber, false);
    const stream = new LiveStream(bus, selector, output);
    if (authorised === undefined) stream.start();
    else {
      authorised.prepare().then(
        () => {
          if (!subscriber.closed) stream.start();
        },
        (error: unknown) => subscriber.error(error),
      );
    }
    return () => stream.stop();
  }, guard);
}

function authorise(
  bus: BusContext,
  selector: TopicSelector,
  binding: ConnectionPort,
  context: SubscriberContext,
): Preparable {
  let prepared: Promise<void> | undefined;
  const preparable: Preparable = {
    selector,
    prepare: () => (prepared ??= preparable.authorise()),
    authorise: async () => {
      await context.run(() =>
        bus.policy.authorise(binding.principal, selector),
      );
    },
  };
  binding.attach(preparable);
  return preparable;
}

function refuseBoundOptions({
  snapshot,
  replay,
  live,
}: BusStreamOptions<never>): void {
  if (snapshot === undefined && replay === undefined) return;
  throw new SseException(
    'INVALID_OPTIONS',
    `bus.stream() has no cursor here to serve ${snapshot === undefined ? 'replay' : 'snapshot'}: ` +
      (live === true
        ? 'a { live: true } stream gives live events only.'
        : 'outside of a route handler it is a live stream for server code. Call it in the handler, or pass { connection }.'),
  );
}
