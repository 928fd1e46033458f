import type { ControlEventType } from '../event/control-type.js';
import type { JsonSchema } from './swagger.js';

/** Versions of OpenAPI, as far as they differ in what they say of streams. */
export type Dialect = '3.0' | '3.1' | '3.2';

export function dialectOf(version: string): Dialect {
  if (version.startsWith('3.0')) return '3.0';
  return version.startsWith('3.1') ? '3.1' : '3.2';
}

/** Where documents keep their schemas. */
const SCHEMAS = '#/components/schemas';

const CONTROL_EVENT = 'StreamControlEvent';
const PROBLEM = 'StreamProblem';

/** An event of the stream itself. The schemas of 3.0 cannot say what is in a text: there it stands in the extension. */
export function controlEventOf(dialect: Dialect): JsonSchema {
  return dialect === '3.0'
    ? controlEvent()
    : { $ref: `${SCHEMAS}/${CONTROL_EVENT}` };
}

/** The body of a refusal. */
export const PROBLEM_REF = { $ref: `${SCHEMAS}/${PROBLEM}` };

const CONTROL_DATA: Readonly<
  Record<ControlEventType, Readonly<Record<string, JsonSchema>>>
> = {
  'stream-open': {
    heartbeatMs: {
      description: 'How long the stream is silent at most, in milliseconds.',
      anyOf: [{ type: 'integer' }, { type: 'boolean', enum: [false] }],
    },
  },
  'stream-live': {
    replayed: {
      description: 'How many events the client had missed.',
      type: 'integer',
    },
  },
  'stream-reset': {
    reason: {
      description: 'Why there is a gap before this point.',
      type: 'string',
    },
  },
  'stream-cursor': {},
  // Of streams whose topics the client changes; the token stands in the first one only.
  'stream-topics': {
    added: listOf({ type: 'string' }),
    removed: listOf({ type: 'string' }),
    refused: listOf({ type: 'object' }),
    replayed: listOf({ type: 'object' }),
  },
  'stream-error': {
    code: { type: 'string' },
    message: { type: 'string' },
    retryable: { type: 'boolean' },
  },
  'stream-end': {},
};

export const CONTROL_NAMES: readonly string[] = Object.keys(CONTROL_DATA);

/** An event of this name with this data. */
export function namedEvent(name: string, data: JsonSchema): JsonSchema {
  return {
    title: name,
    type: 'object',
    required: ['event', 'data'],
    properties: { event: { type: 'string', enum: [name] }, data },
  };
}

function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** Text that is JSON of this schema. */
export function jsonText(schema: JsonSchema): JsonSchema {
  return {
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: schema,
  };
}

/** The schemas that descriptions of streams refer to, by their names. */
export function sharedSchemas(
  dialect: Dialect,
): Readonly<Record<string, JsonSchema>> {
  return {
    [PROBLEM]: {
      description: 'Why there is no stream.',
      type: 'object',
      required: ['message'],
      properties: {
        code: {
          description: 'What to branch on, such as UNAUTHENTICATED.',
          type: 'string',
        },
        message: { type: 'string' },
      },
    },
    ...(dialect !== '3.0' && { [CONTROL_EVENT]: controlEvent() }),
  };
}

function controlEvent(): JsonSchema {
  return {
    description:
      'An event of the stream itself. EventSource needs none of them; stream-reset says that there is a gap.',
    oneOf: Object.entries(CONTROL_DATA).map(([name, properties]) =>
      namedEvent(
        name,
        jsonText({
          type: 'object',
          required: Object.keys(properties),
          properties,
        }),
      ),
    ),
  };
}
