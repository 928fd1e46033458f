import type { EventClass } from '../event/event-class.js';
import type { DeclaredStream } from './declared-streams.js';
import {
  controlEventOf,
  CONTROL_NAMES,
  jsonText,
  namedEvent,
  type Dialect,
} from './shared-schemas.js';
import type { JsonSchema } from './swagger.js';

/**
 * The schema of one event, as a parser of streams gives it: its data is text, and `contentSchema` says what is in that.
 * Documents of 3.0 and 3.1 have it as an extension.
 * @param pathOf where the document has the schema of a class
 * @see https://spec.openapis.org/oas/v3.2.0.html#special-considerations-for-text-event-stream-content
 */
export function itemSchemaOf(
  { events, frames }: DeclaredStream,
  dialect: Dialect,
  pathOf: (one: EventClass) => string,
): JsonSchema {
  // Chunks without a name; the mark of the end that some dialects have is no JSON of a class.
  if (frames === 'data-only') return itemWith({});
  const classes = Object.entries(events?.classes ?? {});
  if (classes.length === 0)
    return itemWith({ event: { type: 'string', default: 'message' } });
  const names = classes.map(([name]) => name);
  return itemWith(
    { event: { type: 'string', enum: [...names, ...CONTROL_NAMES] } },
    {
      oneOf: [
        ...classes.map(([name, one]) =>
          namedEvent(name, jsonText({ $ref: pathOf(one) })),
        ),
        controlEventOf(dialect),
      ],
    },
  );
}

function itemWith(properties: JsonSchema, more: JsonSchema = {}): JsonSchema {
  return {
    type: 'object',
    required: ['data'],
    properties: {
      ...properties,
      data: { type: 'string' },
      id: { description: 'The place in the stream, opaque.', type: 'string' },
    },
    ...more,
  };
}
