/** Where a stream is, as its document says. */
export interface StreamAddress {
  /** With its parameters as `{id}`. */
  readonly path: string;
  /** In upper case. */
  readonly method: string;
  readonly hasBody: boolean;
  /** The name of one of its events, if they have names. */
  readonly event: string | undefined;
}

/** What a page of documentation says to people who would press "Execute": it shows nothing before the response ends. */
export function howToOpen(address: StreamAddress): string {
  const { path, method } = address;
  return `This is a stream of Server-Sent Events: it does not end, so that "Execute" on a page like Swagger's shows nothing and waits.
Open it by

\`\`\`sh
curl -N${requestOf(address)} '<server>${path}'
\`\`\`

or in a browser

\`\`\`js
${method === 'GET' ? eventSource(address) : eventStream(address)}
\`\`\``;
}

function requestOf({ method, hasBody }: StreamAddress): string {
  if (method === 'GET') return '';
  const body = hasBody ? " -H 'content-type: application/json' -d '{}'" : '';
  return ` -X ${method}${body}`;
}

function eventSource({ path, event }: StreamAddress): string {
  const listener = '({ data }) => console.log(data)';
  return `const stream = new EventSource('${path}');
${
  event === undefined
    ? `stream.onmessage = ${listener};`
    : `stream.addEventListener('${event}', ${listener});`
}`;
}

function eventStream({ path, method, hasBody }: StreamAddress): string {
  const body = hasBody ? ', body: {}' : '';
  return `// native EventSource can only GET
import { EventStream } from 'nestjs-event-stream-client';
const stream = new EventStream('${path}', { method: '${method}'${body} });
stream.onAny(({ type, data }) => console.log(type, data));`;
}
