import type { ExecutionContext } from '@nestjs/common';
import type { StreamOptions } from '../connection/stream-settings.js';

/** What `@SseStream()` says of a handler. */
export const STREAM_OPTIONS_METADATA = 'nestjs-event-stream:options';

/** Where Nest keeps the interceptors of a method. */
export const INTERCEPTORS_METADATA = '__interceptors__';

/** Where Nest keeps the parameters of a method. */
export const ROUTE_ARGS_METADATA = '__routeArguments__';

/** A static property of interceptors that only configure the stream and let values pass. */
export const CONFIGURES_ONLY = Symbol.for(
  'nestjs-event-stream:configures-only',
);

/** A stream route, as far as it is the same for every request. */
export interface StreamRoute {
  /** `Controller.method` */
  readonly name: string;
  readonly options: StreamOptions;
  /** Whether interceptors on the method see the values. */
  readonly isPipelined: boolean;
}

const routes = new WeakMap<Function, StreamRoute>();

export function streamRouteOf(context: ExecutionContext): StreamRoute {
  const handler = context.getHandler();
  let route = routes.get(handler);
  if (route === undefined) {
    route = {
      name: `${context.getClass().name}.${handler.name}`,
      options: (Reflect.getMetadata(STREAM_OPTIONS_METADATA, handler) ??
        {}) as StreamOptions,
      isPipelined: interceptorsOf(handler)
        .slice(1)
        .some((one) => !configuresOnly(one)),
    };
    routes.set(handler, route);
  }
  return route;
}

/** Whether a request is for an `@SseStream()` route. */
export function isStreamRoute(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(STREAM_OPTIONS_METADATA, context.getHandler());
}

export function interceptorsOf(handler: Function): readonly unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, handler) ??
    []) as readonly unknown[];
}

function configuresOnly(interceptor: unknown): boolean {
  const constructor =
    typeof interceptor === 'function'
      ? interceptor
      : (interceptor as object).constructor;
  return Object.hasOwn(constructor, CONFIGURES_ONLY);
}
