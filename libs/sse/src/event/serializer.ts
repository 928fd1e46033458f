import {
  instanceToPlain,
  plainToInstance,
  type ClassTransformOptions,
} from 'class-transformer';
import { viewOf } from './instance-view.js';
import {
  bringsJson,
  isAtom,
  isInstance,
  isObject,
  jsonFormOf,
  refuseFormless,
  refuseHollow,
} from './json-form.js';
import { unserializable } from './unserializable.js';

/** The options of one `ClassSerializerInterceptor`, with what `@SerializeOptions()` says of the route. */
export interface SerializerOptions extends ClassTransformOptions {
  readonly type?: (new (...values: never[]) => object) | undefined;
}

/**
 * Makes plain data of what a route emits, as a plain route of the same controller would: with the options of the
 * `ClassSerializerInterceptor`s that stand before it. Without any, JSON's rules hold, and class-transformer's for
 * instances all the same: a field with `@Exclude()` is never sent.
 */
export class Serializer {
  /** Whether data without any instance is changed too, as by `excludePrefixes`. */
  readonly changesPlainData: boolean;

  /**
   * @param passes one for each interceptor, the innermost first
   * @param options for instances where there is no interceptor
   */
  constructor(
    private readonly passes: readonly SerializerOptions[] = [],
    private readonly options: ClassTransformOptions = {},
  ) {
    this.changesPlainData = passes.some(
      ({ excludePrefixes = [], strategy, type }) =>
        type !== undefined ||
        strategy === 'excludeAll' ||
        excludePrefixes.length > 0,
    );
  }

  /** @throws SseException `UNSERIALIZABLE_DATA` */
  plainOf(value: unknown): unknown {
    if (!isObject(value)) return value;
    // A plain route would send its bytes as they are, which an event cannot hold.
    if (Buffer.isBuffer(value)) refuseFormless(value);
    return this.#plainOf(value);
  }

  #plainOf(value: object): unknown {
    const form = jsonFormOf(value);
    if (form === 'plain' && !this.changesPlainData) return value;
    if (this.passes.length === 0) {
      return form === 'instances' && isInstance(value)
        ? instanceToPlain(value, this.options)
        : this.#asJson(value);
    }
    const viewed = form === 'special' ? this.#view(value, false) : value;
    return this.passes.reduce<unknown>(serialize, viewed);
  }

  /** As JSON has it, but for instances, which are as class-transformer has them. */
  #asJson(value: unknown): unknown {
    if (!isObject(value) || isAtom(value)) return value;
    if (bringsJson(value)) return this.#asJson(value.toJSON());
    if (Array.isArray(value)) return value.map((one) => this.#asJson(one));
    if (value instanceof Map || value instanceof Set) throw collection(value);
    if (isInstance(value)) {
      refuseFormless(value);
      const isSpecial = jsonFormOf(value) === 'special';
      const viewed = isSpecial ? this.#fields(value, true) : value;
      const plain: unknown = instanceToPlain(viewed, this.options);
      refuseHollow(value, plain);
      return plain;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, this.#asJson(one)]),
    );
  }

  /**
   * What class-transformer is shown of a value that it would get wrong.
   * @param usesJson whether a `toJSON` counts: it does for JSON, and class-transformer does not know it
   */
  #view(value: unknown, usesJson: boolean): unknown {
    if (!isObject(value) || isAtom(value)) return value;
    const view = (one: unknown): unknown => this.#view(one, usesJson);
    if (Array.isArray(value)) return value.map(view);
    // Of a Map's values class-transformer would take Map itself for the class.
    if (value instanceof Map)
      return new Map(
        [...value].map(([key, one]) => [
          key,
          isObject(one) ? this.#plainOf(one) : one,
        ]),
      );
    if (value instanceof Set) return new Set([...value].map(view));
    if (bringsJson(value) && (usesJson || Object.keys(value).length === 0))
      return this.#asJson(value.toJSON());
    if (isInstance(value)) {
      refuseFormless(value);
      if (Object.keys(value).length === 0)
        refuseHollow(value, instanceToPlain(value, this.options));
    }
    return this.#fields(value, usesJson);
  }

  #fields(value: object, usesJson: boolean): object {
    return viewOf(value, (field) => this.#view(field, usesJson));
  }
}

/** What a route without serializers of its own sends. */
export const PLAIN_ROUTE = new Serializer();

// As ClassSerializerInterceptor does it, each element of an array for itself.
function serialize(value: unknown, options: SerializerOptions): unknown {
  return Array.isArray(value)
    ? value.map((one) => serializeOne(one, options))
    : serializeOne(value, options);
}

function serializeOne(value: unknown, options: SerializerOptions): unknown {
  if (!isObject(value)) return value;
  const { type } = options;
  const instance =
    type === undefined || value instanceof type
      ? value
      : plainToInstance(type as new () => object, value, options);
  return instanceToPlain(instance, options);
}

function collection(value: Map<unknown, unknown> | Set<unknown>): Error {
  return unserializable(
    `it holds a ${value.constructor.name}, which JSON would turn into {}; use Object.fromEntries() or an array`,
  );
}
