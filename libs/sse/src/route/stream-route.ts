import {
  ClassSerializerInterceptor,
  type ExecutionContext,
} from '@nestjs/common';
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
  readonly controller: Function;
  readonly handler: Function;
  readonly options: StreamOptions;
  /** Whether interceptors on the method see the values. */
  readonly isPipelined: boolean;
}

// By controller as well: classes that inherit a method share the function.
const routes = new WeakMap<Function, Map<Function, StreamRoute>>();

export function streamRouteOf(context: ExecutionContext): StreamRoute {
  const controller = context.getClass();
  const handler = context.getHandler();
  let ofController = routes.get(controller);
  if (ofController === undefined)
    routes.set(controller, (ofController = new Map()));
  let route = ofController.get(handler);
  if (route === undefined) {
    route = {
      name: `${controller.name}.${handler.name}`,
      controller,
      handler,
      options: (Reflect.getMetadata(STREAM_OPTIONS_METADATA, handler) ??
        {}) as StreamOptions,
      isPipelined: interceptorsOf(handler)
        .slice(1)
        .some((one) => !configuresOnly(one)),
    };
    ofController.set(handler, route);
  }
  return route;
}

/** Whether a request is for an `@SseStream()` route. */
export function isStreamRoute(context: ExecutionContext): boolean {
  return Reflect.hasMetadata(STREAM_OPTIONS_METADATA, context.getHandler());
}

/** The interceptors of a method or of a controller, the outermost first. */
export function interceptorsOf(target: Function): readonly unknown[] {
  return (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ??
    []) as readonly unknown[];
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
