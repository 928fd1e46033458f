import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject, SwaggerDocumentOptions } from '@nestjs/swagger';
import { streamsOf, type DeclaredStream } from './declared-streams.js';
import { itemSchemaOf } from './item-schema.js';
import { dialectOf, sharedSchemas, type Dialect } from './shared-schemas.js';
import { describeStream, type StreamOperation } from './stream-operation.js';
import { loadSwagger, type JsonSchema, type Operation } from './swagger.js';
import { describeValidated } from './validated-properties.js';

/** By which the operation of a handler is found in the document. */
const MARK = 'x-nestjs-event-stream';

/** Where `@nestjs/swagger` keeps what `@ApiExtension()` says. */
const EXTENSION_METADATA = 'swagger/apiExtension';

const METHODS = [
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
  'trace',
] as const;

/**
 * What `SwaggerModule.createDocument()` gives, with the `@SseStream()` routes described as streams: the events that they
 * declare (`events: sseEvents({ … })`) with the schemas of their classes, headers, refusals, the cursor, and how to open
 * them. The properties of event classes are those that class-validator checks, and those that `@ApiProperty()` describes.
 *
 * In OpenAPI 3.2 events are an `itemSchema`; before that the response is text, with the same schema as
 * `x-oai-itemSchema`. The version is that of `config`: `new DocumentBuilder().setOpenAPIVersion('3.2.0')`.
 *
 * @throws SseException `MISSING_PACKAGE` without `@nestjs/swagger`
 *
 * @example
 * const config = new DocumentBuilder().setOpenAPIVersion('3.2.0').build();
 * SwaggerModule.setup('docs', app, await createStreamDocument(app, config));
 */
export async function createStreamDocument(
  app: INestApplication,
  config: Omit<OpenAPIObject, 'paths'>,
  options: SwaggerDocumentOptions = {},
): Promise<OpenAPIObject> {
  const swagger = await loadSwagger();
  const streams = streamsOf(app);
  const classes = streams.flatMap(({ events }) =>
    Object.values(events?.classes ?? {}),
  );
  for (const one of classes) describeValidated(swagger, one);
  const document = marked(streams, () =>
    swagger.SwaggerModule.createDocument(app, config, {
      ...options,
      extraModels: [...(options.extraModels ?? []), ...classes],
    }),
  );
  const dialect = dialectOf(document.openapi);
  for (const found of operationsOf(document)) {
    const stream = streams[takeMark(found.operation) ?? -1];
    if (stream === undefined) continue;
    const item = itemSchemaOf(stream, dialect, (one) =>
      // It takes abstract classes, too.
      swagger.getSchemaPath(one as unknown as Function),
    );
    describeStream(found, stream, contentOf(item, dialect));
  }
  if (streams.length > 0) addSchemas(document, dialect);
  return document;
}

/** Makes a document in which the operation of each handler has a mark. Other documents of the application have none. */
function marked(
  streams: readonly DeclaredStream[],
  make: () => OpenAPIObject,
): OpenAPIObject {
  const before = streams.map(({ handler }) => extensionsOf(handler));
  streams.forEach(({ handler }, index) =>
    setExtensions(handler, { ...before[index], [MARK]: { index } }),
  );
  try {
    return make();
  } finally {
    streams.forEach(({ handler }, index) =>
      setExtensions(handler, before[index]),
    );
  }
}

function extensionsOf(handler: Function): object | undefined {
  return Reflect.getMetadata(EXTENSION_METADATA, handler) as object | undefined;
}

function setExtensions(
  handler: Function,
  extensions: object | undefined,
): void {
  Reflect.defineMetadata(EXTENSION_METADATA, extensions ?? {}, handler);
}

type Marked = Operation & { [MARK]?: { readonly index: number } };

function takeMark(operation: Marked): number | undefined {
  const index = operation[MARK]?.index;
  delete operation[MARK];
  return index;
}

function operationsOf({ paths }: OpenAPIObject): StreamOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined
        ? []
        : [{ operation, path, method: method.toUpperCase() }];
    }),
  );
}

function contentOf(itemSchema: JsonSchema, dialect: Dialect): JsonSchema {
  return dialect === '3.2'
    ? { itemSchema }
    : { schema: { type: 'string' }, 'x-oai-itemSchema': itemSchema };
}

function addSchemas(document: OpenAPIObject, dialect: Dialect): void {
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...sharedSchemas(dialect) },
  };
}
