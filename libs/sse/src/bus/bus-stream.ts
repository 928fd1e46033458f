import type { Subscriber } from 'rxjs';
import { SseException } from '../base/exception.js';
import type { StreamEvent } from '../event/event-record.js';
import type { TopicSelector } from '../event/topic.js';
import { BoundStream } from './bound-stream.js';
import type { StreamSource } from './fan-out/bus-context.js';
import { GuardedObservable } from './binding/guarded-observable.js';
import { bindingOfHandler } from './binding/handler-context.js';
import { LiveStream } from './live-stream.js';
import type { Preparable, StreamBinding } from './binding/connection-port.js';
import type { BusStreamOptions } from './bus-stream-options.js';
import {
  DirectOutput,
  OperatorOutput,
  ServerOutput,
  type StreamOutput,
} from './stream-output.js';
import { StreamScope } from './binding/subscriber-context.js';

/** What `bus.stream()` gives: an Observable that a connection can also take without RxJS in between. */
export class BusStream<T = unknown> extends GuardedObservable<StreamEvent<T>> {
  /** @internal */
  constructor(
    subscribe: (subscriber: Subscriber<StreamEvent<T>>) => () => void,
    binding?: StreamBinding,
    private readonly bound?: {
      readonly stream: BoundStream;
      readonly direct: DirectStart;
    },
  ) {
    super(subscribe, binding);
  }

  /** @internal Sends straight to the connection it is bound to; undefined if that is another one. */
  attachTo(
    binding: StreamBinding,
    ending: { complete(): void; error(error: unknown): void },
  ): (() => void) | undefined {
    return this.bound?.stream.isBoundTo(binding)
      ? this.bound.direct(ending)
      : undefined;
  }
}

type DirectStart = (ending: {
  complete(): void;
  error(error: unknown): void;
}) => () => void;

/** Opens a stream, bound if it is called in a route handler or with a connection. */
export function openBusStream<T>(
  source: StreamSource,
  selector: TopicSelector,
  options: BusStreamOptions<T>,
): BusStream<T> {
  const binding = options.connection?.binding ?? bindingOfHandler();
  const untyped = options as unknown as BusStreamOptions<never>;
  if (binding !== undefined && options.live !== true)
    return openBound(source, selector, untyped, binding);
  refuseBoundOptions(options);
  return openLive(source, selector, untyped, binding);
}

function openBound<T>(
  source: StreamSource,
  selector: TopicSelector,
  options: BusStreamOptions<never>,
  binding: StreamBinding,
): BusStream<T> {
  const scope = new StreamScope(binding);
  const stream = new BoundStream(source, selector, options, binding, scope);
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
    stream.start(output);
    return () => {
      isTaken = false;
      stream.stop();
    };
  };
  return new BusStream<T>(
    (subscriber) =>
      start(new OperatorOutput(binding, options, scope, subscriber, withIds)),
    binding,
    {
      stream,
      direct: (ending) =>
        start(new DirectOutput(binding, options, scope, ending)),
    },
  );
}

function openLive<T>(
  source: StreamSource,
  selector: TopicSelector,
  options: BusStreamOptions<never>,
  binding: StreamBinding | undefined,
): BusStream<T> {
  const scope = new StreamScope(binding);
  const authorised =
    binding === undefined
      ? undefined
      : authorise(source, selector, binding, scope);
  return new BusStream<T>((subscriber) => {
    const output =
      binding === undefined
        ? new ServerOutput(options, scope, subscriber)
        : new OperatorOutput(binding, options, scope, subscriber, false);
    const stream = new LiveStream(source, selector, output);
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
  }, binding);
}

function authorise(
  source: StreamSource,
  selector: TopicSelector,
  binding: StreamBinding,
  scope: StreamScope,
): Preparable {
  let prepared: Promise<void> | undefined;
  const preparable: Preparable = {
    selector,
    prepare: () => (prepared ??= preparable.authorise()),
    authorise: async () => {
      await scope.run(() =>
        source.policy.authorise(binding.principal, selector),
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
