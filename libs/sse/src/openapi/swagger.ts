import type { OpenAPIObject } from '@nestjs/swagger';
import { loadPeers } from '../base/optional-peer.js';

/** The package that makes OpenAPI documents, an optional peer dependency. */
export type Swagger = typeof import('@nestjs/swagger');

/** One operation of a document. */
export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** A schema as it stands in a document: those of 3.1 have more keywords than the types of `@nestjs/swagger`. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** @throws SseException `MISSING_PACKAGE` */
export function loadSwagger(): Promise<Swagger> {
  return loadPeers(
    'createStreamDocument()',
    ['@nestjs/swagger'],
    () => import('@nestjs/swagger'),
  );
}
