import type { ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';
import type { EventClass } from '../event/event-class.js';
import type { Swagger } from './swagger.js';

/** What is read of the metadata of class-validator. */
interface Rule {
  readonly propertyName: string;
  readonly name?: string | undefined;
  readonly type: string;
  readonly constraints?: readonly unknown[] | undefined;
  readonly each: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

/** Where `@nestjs/swagger` keeps what `@ApiProperty()` says, and what its compiler plugin does. */
const API_PROPERTY_METADATA = 'swagger/apiModelProperties';
const PLUGIN_FACTORY = '_OPENAPI_METADATA_FACTORY';

/**
 * Tells `@nestjs/swagger` of the properties that class-validator checks: their types, and what their values have to be. What
 * `@ApiProperty()`, `@ApiHideProperty()` or the plugin of `@nestjs/swagger` say of a class or a property stands.
 */
export function describeValidated(
  { ApiProperty }: Pick<Swagger, 'ApiProperty'>,
  one: EventClass,
  described = new Set<EventClass>(),
): void {
  if (described.has(one) || Object.hasOwn(one, PLUGIN_FACTORY)) return;
  described.add(one);
  const prototype = one.prototype as object;
  const rules: readonly Rule[] =
    getMetadataStorage().getTargetValidationMetadatas(one, '', true, false);
  const names = new Set(rules.map(({ propertyName }) => propertyName));
  for (const name of names) {
    const own = rules.filter(({ propertyName }) => propertyName === name);
    const type = Reflect.getMetadata('design:type', prototype, name) as unknown;
    if (isClass(type) && own.some(isNested))
      describeValidated({ ApiProperty }, type, described);
    if (Reflect.hasMetadata(API_PROPERTY_METADATA, prototype, name)) continue;
    ApiProperty(propertyOf(own))(prototype, name);
  }
}

function propertyOf(rules: readonly Rule[]): ApiPropertyOptions {
  const schemas = (ofItems: boolean): Schema =>
    Object.assign(
      {},
      ...rules
        .filter(({ each }) => each === ofItems)
        .map((rule) => schemaOf(rule)),
    ) as Schema;
  const isArray = rules.some(({ each }) => each);
  return {
    ...schemas(false),
    ...(isArray && { type: 'array', items: schemas(true) }),
    required: !rules.some(isOptional),
  } as ApiPropertyOptions;
}

function isOptional({ name, type }: Rule): boolean {
  return type === 'conditionalValidation' && name === 'isOptional';
}

function isNested({ type, each }: Rule): boolean {
  return type === 'nestedValidation' && !each;
}

function isClass(type: unknown): type is EventClass {
  return typeof type === 'function' && type !== Object && type !== Array;
}

function schemaOf({ name, type, each, constraints = [] }: Rule): Schema {
  // Of what class the items of an array are, nothing but `@ApiProperty({ type: [Line] })` tells.
  if (type === 'nestedValidation') return each ? { type: 'object' } : {};
  const schema = name === undefined ? undefined : SCHEMAS[name];
  return typeof schema === 'function' ? schema(...constraints) : (schema ?? {});
}

const text = (format: string): Schema => ({ type: 'string', format });

/** What validators of class-validator mean as JSON Schema, by their names. */
const SCHEMAS: Readonly<
  Record<string, Schema | ((...constraints: readonly unknown[]) => Schema)>
> = {
  isString: { type: 'string' },
  isBoolean: { type: 'boolean' },
  isNumber: { type: 'number' },
  isInt: { type: 'integer' },
  isObject: { type: 'object' },
  isArray: { type: 'array', items: {} },
  isDate: text('date-time'),
  isDateString: text('date-time'),
  isIso8601: text('date-time'),
  isEmail: text('email'),
  isUrl: text('uri'),
  isUuid: text('uuid'),
  minLength: (minLength) => ({ type: 'string', minLength }),
  maxLength: (maxLength) => ({ type: 'string', maxLength }),
  isLength: (minLength, maxLength) => ({
    type: 'string',
    minLength,
    ...(maxLength !== undefined && { maxLength }),
  }),
  matches: (pattern) => ({
    type: 'string',
    pattern: pattern instanceof RegExp ? pattern.source : pattern,
  }),
  min: (minimum) => ({ minimum }),
  max: (maximum) => ({ maximum }),
  isPositive: { minimum: 0 },
  isNegative: { maximum: 0 },
  isIn: (values) => ({ enum: values }),
  isEnum: (_entity, values) => ({ enum: values }),
  equals: (value) => ({ enum: [value] }),
  arrayMinSize: (minItems) => ({ minItems }),
  arrayMaxSize: (maxItems) => ({ maxItems }),
  arrayUnique: { uniqueItems: true },
};
