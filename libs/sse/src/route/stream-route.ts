import {
  ClassSerializerInterceptor,
  type ExecutionContext,
} from '@nestjs/common';
import { SseException } from '../base/exception.js';
import type { StreamOptions } from '../connection/stream-settings.js';
import type { SseEventSet } from '../event/event-set.js';
import { isEventStream, RouteHeaders } from './stream-headers.js';

/** What `@SseStream()` says of a handler. */
export const STREAM_ROUTE_METADATA = 'nestjs-event-stream:route';

/** Where Nest keeps the interceptors of a method. */
export const INTERCEPTORS_METADATA = '__interceptors__';

/** Where Nest keeps the parameters of a method. */
export const ROUTE_ARGS_METADATA = '__routeArguments__';

/** Where Nest keeps the template that a method's result is rendered with. */
export const RENDER_METADATA = '__renderTemplate__';

const REDIRECT_METADATA = '__redirect__';
const HEADERS_METADATA = '__headers__';

/** A static property of interceptors that only configure the stream and let values pass. */
export const CONFIGURES_ONLY = Symbol.for(
  'nestjs-event-stream:configures-only',
);

/** A static property of guards that let nobody in without a principal. */
export const AUTHENTICATES = Symbol.for('nestjs-event-stream:authenticates');

/**
 * The template of all stream routes. Nest renders a result only when nothing has failed, with the response at
 * hand: this is how the library hears that it is its turn to answer. A symbol, which no view is called.
 */
export const STREAM_TEMPLATE = Symbol('SseStream');

/** What the decorator knows of a route. */
export interface DeclaredRoute {
  readonly options: StreamOptions;
  /** Headers of the route's own. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The events that it declares. */
  readonly events: SseEventSet | undefined;
  /** Whether the handler is given the response, and so might answer by itself. */
  readonly usesResponse: boolean;
  /** Whether it takes the answer upon itself, as Nest sees it: by `@Res()` that is not passthrough, or `@Next()`. */
  readonly takesResponse: boolean;
}

/** A stream route, as far as it is the same for every request. */
export interface StreamRoute extends Omit<DeclaredRoute, 'headers'> {
  /** `Controller.method` */
  readonly name: string;
  readonly controller: Function;
  readonly handler: Function;
  readonly headers: RouteHeaders;
  /** Whether interceptors on the method see the values. */
  readonly isPipelined: boolean;
}

// By controller as well: classes that inherit a method share the function.
const routes = new WeakMap<Function, WeakMap<Function, StreamRoute>>();

/** @throws SseException `INVALID_OPTIONS` */
export function streamRouteOf(context: ExecutionContext): StreamRoute {
  const controller = context.getClass();
  const handler = context.getHandler();
  let ofController = routes.get(controller);
  if (ofController === undefined)
    routes.set(controller, (ofController = new WeakMap()));
  let route = ofController.get(handler);
  if (route === undefined) {
    route = describe(controller, handler);
    ofController.set(handler, route);
  }
  return route;
}

/** Whether a request is for an `@SseStream()` route. */
export function isStreamRoute(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(STREAM_ROUTE_METADATA, context.getHandler());
}

/** Whether a guard, or its class, lets nobody in without a principal. */
export function isAuthenticating(guard: unknown): boolean {
  const constructor =
    typeof guard === 'function'
      ? guard
      : (guard as object | undefined)?.constructor;
  return constructor !== undefined && AUTHENTICATES in constructor;
}

/** The interceptors of a method or of a controller, the outermost first. */
export function interceptorsOf(target: Function): readonly unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ??
    []) as readonly unknown[];
}

/**
 * Refuses decorators that say something else of the answer.
 * @throws SseException `INVALID_OPTIONS`
 */
export function refuseOtherAnswers(name: string, handler: Function): void {
  const template = Reflect.getMetadata(RENDER_METADATA, handler) as unknown;
  const isRendered = template !== undefined && template !== STREAM_TEMPLATE;
  const isRedirected = Reflect.hasMetadata(REDIRECT_METADATA, handler);
  if (!isRendered && !isRedirected) return;
  const other = isRendered ? '@Render()' : '@Redirect()';
  throw new SseException(
    'INVALID_OPTIONS',
    `${name} is an @SseStream() route and cannot have ${other} as well: its answer is a stream. Remove ${other}.`,
  );
}

function describe(controller: Function, handler: Function): StreamRoute {
  const name = `${controller.name}.${handler.name}`;
  refuseOtherAnswers(name, handler);
  const { headers, ...declared } = Reflect.getMetadata(
    STREAM_ROUTE_METADATA,
    handler,
  ) as DeclaredRoute;
  return {
    ...declared,
    name,
    controller,
    handler,
    headers: new RouteHeaders(headers, declaredHeadersOf(handler)),
    isPipelined: interceptorsOf(handler)
      .slice(1)
      .some((one) => !configuresOnly(one)),
  };
}

interface DeclaredHeader {
  readonly name: string;
  readonly value: unknown;
}

// A stream's Content-Type may have parameters, and is no other one.
function declaredHeadersOf(handler: Function): readonly string[] {
  const headers = (Reflect.getMetadata(HEADERS_METADATA, handler) ??
    []) as readonly DeclaredHeader[];
  return headers
    .map(({ name, value }) => ({ name: name.toLowerCase(), value }))
    .filter(
      ({ name, value }) => name !== 'content-type' || isEventStream(value),
    )
    .map(({ name }) => name);
}

function configuresOnly(interceptor: unknown): boolean {
  const constructor =
    typeof interceptor === 'function'
      ? interceptor
      : (interceptor as object).constructor;
  // A stream serialises for itself, as this one would: data, and never a message as a whole.
  return (
    constructor === ClassSerializerInterceptor ||
    Object.hasOwn(constructor, CONFIGURES_ONLY)
  );
}
