import { LAST_EVENT_ID_PARAMETERS } from '../route/last-event-id.js';
import { STREAM_HEADERS } from '../route/stream-headers.js';
import type { DeclaredStream } from './declared-streams.js';
import { howToOpen } from './how-to-open.js';
import { PROBLEM_REF } from './shared-schemas.js';
import type { JsonSchema, Operation } from './swagger.js';

/** An operation that is a stream. */
export interface StreamOperation {
  readonly operation: Operation;
  readonly path: string;
  /** In upper case. */
  readonly method: string;
}

type Responses = Operation['responses'];
type Response = NonNullable<Responses[string]>;
type Parameter = NonNullable<Operation['parameters']>[number];

/**
 * Says of an operation what `@nestjs/swagger` cannot know of a stream. What the application says stands: descriptions, and
 * responses and parameters that it has described.
 * @param content of the response 200
 */
export function describeStream(
  { operation, path, method }: StreamOperation,
  stream: DeclaredStream,
  content: JsonSchema,
): void {
  const hasBody = operation.requestBody !== undefined;
  const [event] = Object.keys(stream.events?.classes ?? {});
  const opening = howToOpen({ path, method, hasBody, event });
  operation.description = [operation.description, opening]
    .filter(Boolean)
    .join('\n\n');
  operation.parameters = [
    ...(operation.parameters ?? []),
    ...parametersBeside(operation.parameters ?? []),
  ];
  const { 200: ok, ...described } = operation.responses;
  operation.responses = {
    200: {
      ...ok,
      description: descriptionOf(ok) || 'The stream is open.',
      headers: { ...HEADERS, ...headersOf(ok) },
      content: { 'text/event-stream': content },
    },
    ...refusalsOf(stream),
    ...described,
  };
}

function descriptionOf(response: Response | undefined): string | undefined {
  return response && 'description' in response
    ? response.description
    : undefined;
}

function headersOf(response: Response | undefined) {
  return response && 'headers' in response ? response.headers : undefined;
}

const HEADERS = {
  'Cache-Control': {
    description: `${STREAM_HEADERS['cache-control']}, and private for streams of a principal.`,
    schema: { type: 'string' },
  },
  'X-Accel-Buffering': {
    description: 'Keeps proxies from holding events back.',
    schema: { type: 'string', enum: [STREAM_HEADERS['x-accel-buffering']] },
  },
};

const RETRY_AFTER = {
  'Retry-After': {
    description: 'When to come back, in seconds.',
    schema: { type: 'integer', minimum: 0 },
  },
};

function refusalsOf({ isGuarded, isLimited }: DeclaredStream): Responses {
  return {
    204: {
      description:
        'The client has seen the end of this stream, and shall not ask for it again.',
    },
    ...(isGuarded && {
      401: refusal('Nobody known: the credentials are missing or not good.'),
      403: refusal('Not allowed to read this topic.'),
    }),
    ...(isLimited && {
      429: refusal('Too many streams of this client.', RETRY_AFTER),
    }),
    503: refusal(
      'The server is full, or cannot reach its event log.',
      RETRY_AFTER,
    ),
  };
}

function refusal(description: string, headers?: typeof RETRY_AFTER): Response {
  return {
    description,
    ...(headers && { headers }),
    content: { 'application/json': { schema: PROBLEM_REF } },
  };
}

const [CURSOR_PARAMETER = ''] = LAST_EVENT_ID_PARAMETERS;

const CURSOR: readonly Parameter[] = [
  {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description:
      'The id of the last event that the client has. EventSource sends it by itself when it reconnects.',
    schema: { type: 'string' },
  },
  {
    name: CURSOR_PARAMETER,
    in: 'query',
    required: false,
    description:
      'The same, for clients that cannot set the header, such as a page that was reloaded.',
    schema: { type: 'string' },
  },
];

function parametersBeside(described: readonly Parameter[]): Parameter[] {
  const nameOf = (one: Parameter): string =>
    'name' in one ? one.name.toLowerCase() : '';
  const names = described.map(nameOf);
  return CURSOR.filter((one) => !names.includes(nameOf(one)));
}
