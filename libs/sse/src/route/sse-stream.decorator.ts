import {
  HttpCode,
  RequestMapping,
  RequestMethod,
  Res,
  SetMetadata,
} from '@nestjs/common';
import {
  STREAM_OPTION_RULES,
  type StreamOptions,
} from '../connection/stream-settings.js';
import { passFor } from '../base/method-wrapper.js';
import { checkOptions } from '../base/option-rules.js';
import { SseEventSet } from '../event/event-set.js';
import { handlerCallOf } from './pending-stream.js';
import { headersProblem } from './stream-headers.js';
import type { StreamHandlerDecorator } from './stream-handler.js';
import { StreamOwner } from './stream-owner.interceptor.js';
import {
  INTERCEPTORS_METADATA,
  interceptorsOf,
  refuseOtherAnswers,
  RENDER_METADATA,
  ROUTE_ARGS_METADATA,
  STREAM_ROUTE_METADATA,
  STREAM_TEMPLATE,
  type DeclaredRoute,
} from './stream-route.js';

/** How one route streams; what is left out is the module's. */
export interface SseStreamOptions extends StreamOptions {
  /**
   * The HTTP method. Native `EventSource` can only GET.
   * @default RequestMethod.GET
   */
  readonly method?: RequestMethod | undefined;
  /**
   * Headers of the route's own, beside those of every stream or in place of them: parameters of the `Content-Type`,
   * another `Cache-Control`. Without `no-transform` in that, proxies and middleware may hold events back in order
   * to compress them. `@Header()` does the same.
   * @default Content-Type: text/event-stream; Cache-Control: no-cache, no-transform, and private for streams of a
   *   principal; X-Accel-Buffering: no
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The events that the route may send, as `sseEvents()` declares them: the compiler then refuses a handler that emits
   * others, and the OpenAPI document describes them.
   */
  readonly events?: SseEventSet | undefined;
}

/** Options of a route that declares its events. */
export interface TypedStreamOptions<
  Events extends SseEventSet,
> extends SseStreamOptions {
  readonly events: Events;
}

/**
 * Makes a controller method a stream of Server-Sent Events. It may return an Observable, a Promise of one,
 * an (async) iterable or generator, or a `ReadableStream`, of messages ({@link SseMessage}), instances of
 * `@SseEvent()` classes, or plain data. Guards, pipes and filters work as on any route until the headers
 * leave; interceptors on the method see the values, those of the controller and of the application see one
 * `undefined`. What these throw, or answer without calling the handler, is what the client gets.
 *
 * A handler that takes the response (`@Res()` without `passthrough`) may answer by itself, and then returns nothing.
 *
 * @param path as in `@Get()`; several are allowed
 * @throws SseException `INVALID_OPTIONS` when the class is defined
 *
 * @example
 * \@SseStream(':id/events')
 * watch(\@Param('id', ParseUUIDPipe) id: string) {
 *   return this.bus.stream(`orders.${id}`);
 * }
 *
 * @example
 * \@SseStream(':id/typed-events', { events: orderEvents })
 * watchTyped(\@Param('id') id: string) {
 *   return this.bus.stream(`orders.${id}`);
 * }
 *
 * @example
 * \@SseStream('answer', { method: RequestMethod.POST, heartbeat: false })
 * async *answer(\@Body() question: QuestionDto) {
 *   for await (const token of this.model.ask(question)) yield { type: 'token', data: token };
 * }
 */
export function SseStream<Events extends SseEventSet>(
  path: string | string[],
  options: TypedStreamOptions<Events>,
): StreamHandlerDecorator<Events>;
export function SseStream<Events extends SseEventSet>(
  options: TypedStreamOptions<Events>,
): StreamHandlerDecorator<Events>;
export function SseStream(
  path?: string | string[],
  options?: SseStreamOptions,
): MethodDecorator;
export function SseStream(options: SseStreamOptions): MethodDecorator;
export function SseStream(
  pathOrOptions: string | string[] | SseStreamOptions = '/',
  maybeOptions: SseStreamOptions = {},
): MethodDecorator {
  const isPath =
    typeof pathOrOptions === 'string' || Array.isArray(pathOrOptions);
  const given = isPath ? maybeOptions : pathOrOptions;
  checkOptions('@SseStream()', given, OPTION_RULES);
  const { method = RequestMethod.GET, headers, events, ...options } = given;
  return (target, key, descriptor) => {
    const original = descriptor.value as unknown as Handler;
    const name = `${target.constructor.name}.${String(key)}`;
    refuseOtherAnswers(name, original);
    const responseIndex = freeParameterOf(target, key, original);
    const handler = wrap(original, responseIndex);
    descriptor.value = handler as never;
    RequestMapping({ path: isPath ? pathOrOptions : '/', method })(
      target,
      key,
      descriptor,
    );
    HttpCode(200)(target, key, descriptor);
    const use = responseUseOf(target, key);
    const route: DeclaredRoute = { options, headers, events, ...use };
    SetMetadata(STREAM_ROUTE_METADATA, route)(target, key, descriptor);
    // Nest renders a result when nothing has failed: the owner answers then.
    SetMetadata(RENDER_METADATA, STREAM_TEMPLATE)(target, key, descriptor);
    // So that the wrapper finds the call that it is for.
    Res()(target, key, responseIndex);
    for (const one of Object.values(parametersOf(target, key)))
      if (one.index === responseIndex) ownResponses.add(one);
    // First of the method's interceptors, wherever @UseInterceptors() stands.
    Reflect.defineMetadata(
      INTERCEPTORS_METADATA,
      [StreamOwner, ...interceptorsOf(handler)],
      handler,
    );
  };
}

const OPTION_RULES = {
  method: { memberOf: RequestMethod, named: 'RequestMethod' },
  headers: { check: headersProblem },
  events: { check: eventsProblem },
  ...STREAM_OPTION_RULES,
} as const;

function eventsProblem(events: unknown): string | undefined {
  return events instanceof SseEventSet
    ? undefined
    : "must be made by sseEvents({ 'order.shipped': OrderShipped })";
}

type Handler = (this: unknown, ...values: unknown[]) => unknown;

// The wrapper is how the owner learns that the handler has returned, which Nest's pipeline does not tell.
function wrap(original: Handler, responseIndex: number): Handler {
  const wrapper: Handler = function (...values) {
    const call = handlerCallOf(values[responseIndex]);
    if (call === undefined) return original.apply(this, values);
    return call(() => original.apply(this, values.slice(0, responseIndex)));
  };
  return passFor(wrapper, original);
}

interface RouteParameter {
  readonly index: number;
}

type RouteParameters = Readonly<Record<string, RouteParameter>>;

/** How Nest's own decorators of parameters are keyed: `type:index`. */
const RESPONSE_PARAMETER = /^[12]:/;

const PASSTHROUGH_METADATA = '__responsePassthrough__';

/** What the handler's own `@Res()` and `@Next()` say; before this decorator adds one. */
function responseUseOf(
  target: object,
  key: string | symbol,
): Pick<DeclaredRoute, 'usesResponse' | 'takesResponse'> {
  const usesResponse = Object.keys(parametersOf(target, key)).some((one) =>
    RESPONSE_PARAMETER.test(one),
  );
  const isPassthrough =
    Reflect.getMetadata(PASSTHROUGH_METADATA, target.constructor, key) === true;
  return { usesResponse, takesResponse: usesResponse && !isPassthrough };
}

/** The parameters that the decorator has added to handlers. */
const ownResponses = new WeakSet<RouteParameter>();

/** The place after all of a handler's parameters. */
function freeParameterOf(
  target: object,
  key: string | symbol,
  handler: Function,
): number {
  // A method that overrides a stream inherits the parameter that was added to that one.
  const parameters: RouteParameters = Object.fromEntries(
    Object.entries(parametersOf(target, key)).filter(
      ([, one]) => !ownResponses.has(one),
    ),
  );
  Reflect.defineMetadata(
    ROUTE_ARGS_METADATA,
    parameters,
    target.constructor,
    key,
  );
  return Math.max(
    handler.length,
    ...Object.values(parameters).map(({ index }) => index + 1),
  );
}

function parametersOf(target: object, key: string | symbol): RouteParameters {
  return (Reflect.getMetadata(ROUTE_ARGS_METADATA, target.constructor, key) ??
    {}) as RouteParameters;
}
