import { Inject } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { passFor } from '../../base/method-wrapper.js';
import { checkOptions } from '../../base/option-rules.js';
import { SseException } from '../../base/exception.js';
import type { Publishable } from '../../event/topic-map.js';
import { EventBusService } from '../event-bus.service.js';
import { ResultPublisher } from './result-publisher.js';

/** Nothing is published for these. */
type Nothing = undefined | null;

/** The topic of a result; undefined for results that are not published. */
export type TopicOf<
  Topic extends string,
  Result,
  Args extends readonly unknown[],
> = Topic | ((result: Result, ...args: Args) => Topic | undefined);

/** How a method's results are published. */
export interface PublishToOptions<
  Result = unknown,
  Args extends readonly unknown[] = readonly unknown[],
  Event = unknown,
> {
  /**
   * The event of a result; nothing is published where it gives `undefined` or `null`.
   * @default the result itself
   */
  readonly event?: ((result: Result, ...args: Args) => Event) | undefined;
  /**
   * Live only, not in the log.
   * @default false
   */
  readonly transient?: boolean | undefined;
  /** The name of an event for `publish()`, so that a method that is called again does not double it. */
  readonly messageId?:
    ((result: Result, ...args: Args) => string | undefined) | undefined;
  /**
   * What becomes of a method whose result could not be published: `'reject'` fails it with the error of `publish()`, though
   * its work is done; `'log'` logs the error and gives the result.
   * @default 'reject'
   */
  readonly onFailure?: 'reject' | 'log' | undefined;
}

/** Decorates a method that gives such results, and takes these arguments first. */
export type PublishingDecorator<Result, Args extends readonly unknown[]> = <
  Method extends (
    ...args: [...Args, ...never[]]
  ) => Promise<Result | Nothing> | Observable<Result | Nothing>,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Publishes what a provider's method returns: the value of a Promise before the caller has it, each value of an Observable
 * before the subscriber has it. A method that fails publishes nothing, nor does a value that is `undefined` or `null`.
 *
 * Nest gives the class its bus as it gives other dependencies, in every scope. So the class has to be made by Nest: one
 * that a `useFactory` makes, or a test by `new`, has no bus, and the method throws before it does anything.
 *
 * @param topic a literal topic, or a function of the result and the method's arguments
 * @throws SseException `INVALID_OPTIONS` when the class is defined; the method rejects as `publish()` does, unless
 *   `onFailure` is `'log'`
 *
 * @example
 * \@PublishTo((order: OrderShipped, id: string) => `orders.${id}`)
 * async ship(id: string): Promise<OrderShipped> {
 *   return Object.assign(new OrderShipped(), { orderId: id });
 * }
 */
export function PublishTo<
  const Topic extends string,
  Result,
  Args extends readonly unknown[] = [],
>(
  topic: TopicOf<Topic, Result, Args>,
  options: PublishToOptions<Result, Args, Publishable<Topic> | Nothing> & {
    readonly event: (
      result: Result,
      ...args: Args
    ) => Publishable<Topic> | Nothing;
  },
): PublishingDecorator<Result, Args>;
export function PublishTo<
  const Topic extends string,
  Result extends Publishable<Topic>,
  Args extends readonly unknown[] = [],
>(
  topic: TopicOf<Topic, Result, Args>,
  options?: PublishToOptions<Result, Args, never>,
): PublishingDecorator<Result, Args>;
export function PublishTo(
  topic: TopicOf<string, unknown, unknown[]>,
  options: PublishToOptions<unknown, unknown[]> = {},
): MethodDecorator {
  checkOptions('@PublishTo()', options, {
    event: { type: 'function' },
    transient: { type: 'boolean' },
    messageId: { type: 'function' },
    onFailure: { oneOf: ['reject', 'log'] },
  });
  return (target, _key, descriptor) => {
    // A decorator is not told the type of what it stands on; the overloads above have checked it.
    const original = descriptor.value as unknown as Method;
    const settings = { onFailure: 'reject', ...options, topic } as const;
    Inject(EventBusService)(target, BUS);
    const name = `${target.constructor.name}.${original.name}`;
    const wrapper: Method = function (...args) {
      const bus = busOf(this, name);
      const result: unknown = original.apply(this, args);
      return new ResultPublisher(bus, name, settings, args).passOn(result);
    };
    descriptor.value = passFor(wrapper, original) as never;
  };
}

/** The property by which Nest gives instances the bus. */
const BUS = Symbol('nestjs-event-stream:bus');

type Method = (this: object, ...args: unknown[]) => unknown;

function busOf(instance: object, name: string): EventBusService {
  const bus = (instance as { [BUS]?: EventBusService })[BUS];
  if (bus !== undefined) return bus;
  throw new SseException(
    'INVALID_OPTIONS',
    `${name}() is to publish what it returns, and has no bus: Nest did not make this instance. Provide its class ` +
      '({ provide: X, useClass: X } in place of a factory), and in tests get it of a testing module.',
  );
}
