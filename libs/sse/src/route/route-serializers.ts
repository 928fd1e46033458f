import { ClassSerializerInterceptor } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { DataOnlyEncoding } from '../event/data-only-encoding.js';
import type { StreamDialect } from '../event/dialect.js';
import { RouteEncoding } from '../event/route-encoding.js';
import {
  PLAIN_ROUTE,
  Serializer,
  type SerializerOptions,
} from '../event/serializer.js';
import { interceptorsOf, type StreamRoute } from './stream-route.js';

/** Where Nest keeps what `@SerializeOptions()` says of a class or a method. */
const SERIALIZE_OPTIONS_METADATA = 'class_serializer:options';

/** What is read of Nest's container, which has no public way to the global interceptors. */
interface NestContainer {
  readonly applicationConfig?: {
    getGlobalInterceptors(): readonly unknown[];
    /** The request-scoped ones, which have no instance yet. */
    getGlobalRequestInterceptors(): readonly { readonly metatype: unknown }[];
  };
}

/**
 * Finds how a plain route would serialise, because a stream passes by the interceptors that do it: the
 * `ClassSerializerInterceptor`s of application, controller and method, and `@SerializeOptions()`.
 */
export class RouteSerializers {
  readonly #encodings = new WeakMap<StreamRoute, RouteEncoding>();
  #published: { readonly count: number; readonly serializer: Serializer } = {
    count: 0,
    serializer: PLAIN_ROUTE,
  };

  constructor(private readonly moduleRef: ModuleRef) {}

  /**
   * The encoding of a route, one for all of its connections.
   * @param dialect of its `data-only` streams; undefined for named ones
   */
  encodingOf(
    route: StreamRoute,
    dialect: StreamDialect | undefined,
  ): RouteEncoding {
    let encoding = this.#encodings.get(route);
    if (encoding === undefined) {
      const serializer = this.#serializerOf(route);
      encoding =
        dialect === undefined
          ? new RouteEncoding(serializer)
          : new DataOnlyEncoding(serializer, dialect);
      this.#encodings.set(route, encoding);
    }
    return encoding;
  }

  /** For what is published, which knows of no route: as the application's own interceptors say. */
  published(): Serializer {
    const interceptors = this.#globalInterceptors();
    if (interceptors.length !== this.#published.count) {
      const passes = [...interceptors]
        .reverse()
        .flatMap((one) => this.#defaultsOf(one));
      this.#published = {
        count: interceptors.length,
        serializer: passes.length > 0 ? new Serializer(passes) : PLAIN_ROUTE,
      };
    }
    return this.#published.serializer;
  }

  #serializerOf({ controller, handler }: StreamRoute): Serializer {
    const own = (Reflect.getMetadata(SERIALIZE_OPTIONS_METADATA, handler) ??
      Reflect.getMetadata(SERIALIZE_OPTIONS_METADATA, controller)) as
      SerializerOptions | undefined;
    // Nest keeps them outermost first, and the innermost serialises first.
    const passes = [
      ...this.#globalInterceptors(),
      ...interceptorsOf(controller),
      ...interceptorsOf(handler),
    ]
      .reverse()
      .flatMap((one) => this.#defaultsOf(one));
    return passes.length === 0 && own === undefined
      ? PLAIN_ROUTE
      : new Serializer(
          passes.map((defaults) => ({ ...defaults, ...own })),
          own,
        );
  }

  /** The options that an interceptor which serialises was made with; none of any other interceptor. */
  #defaultsOf(interceptor: unknown): readonly SerializerOptions[] {
    if (isSerializerClass(interceptor)) {
      const instance = this.#instanceOf(interceptor);
      return [instance === undefined ? {} : optionsOf(instance)];
    }
    return interceptor instanceof ClassSerializerInterceptor
      ? [optionsOf(interceptor)]
      : [];
  }

  #instanceOf(
    type: typeof ClassSerializerInterceptor,
  ): ClassSerializerInterceptor | undefined {
    try {
      return this.moduleRef.get(type, { strict: false });
    } catch {
      // A request-scoped one: there is none to ask before a request.
      return undefined;
    }
  }

  #globalInterceptors(): readonly unknown[] {
    // Nest keeps it to itself, and gives global interceptors nowhere else.
    const { container } = this.moduleRef as unknown as {
      readonly container?: NestContainer;
    };
    const config = container?.applicationConfig;
    return config === undefined
      ? []
      : [
          ...config.getGlobalInterceptors(),
          ...config
            .getGlobalRequestInterceptors()
            .map(({ metatype }) => metatype),
        ];
  }
}

// Nest keeps them protected, for classes that extend its interceptor.
function optionsOf(interceptor: ClassSerializerInterceptor): SerializerOptions {
  const { defaultOptions } = interceptor as unknown as {
    readonly defaultOptions?: SerializerOptions;
  };
  return defaultOptions ?? {};
}

function isSerializerClass(
  interceptor: unknown,
): interceptor is typeof ClassSerializerInterceptor {
  return (
    typeof interceptor === 'function' &&
    (interceptor === ClassSerializerInterceptor ||
      interceptor.prototype instanceof ClassSerializerInterceptor)
  );
}
