import { createServer, type ServerResponse } from 'node:http';
import { RESPONSE_STARTED } from './contestant.js';
import { listen } from './listen.js';

/** A hand-written stream: what a bare loop reads from an engine goes to all responses in one write. */
export async function bareResponses(): Promise<{
  readonly port: number;
  readonly path: string;
  readonly readyWhen: string;
  write(events: readonly string[]): void;
}> {
  const responses = new Set<ServerResponse>();
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    responses.add(response);
    response.on('close', () => responses.delete(response));
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: RESPONSE_STARTED,
    write(events) {
      if (responses.size === 0) return;
      const bytes = Buffer.from(
        events.map((data) => `data: ${data}\n\n`).join(''),
      );
      for (const response of responses) response.write(bytes);
    },
  };
}
