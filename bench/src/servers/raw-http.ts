import { createServer, type ServerResponse } from 'node:http';
import { encodePayload, type Payload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { listen } from './listen.js';

/** The reference: what a careful person writes by hand, one Buffer for all responses. */
export async function start(): Promise<Contestant> {
  const responses = new Set<ServerResponse>();
  let missed = Buffer.alloc(0);
  const server = createServer((request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
    });
    response.flushHeaders();
    if (request.headers['last-event-id'] !== undefined) response.write(missed);
    responses.add(response);
    response.on('close', () => responses.delete(response));
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: RESPONSE_STARTED,
    publish: (payload: Payload) => {
      const bytes = encodePayload(payload);
      for (const response of responses) response.write(bytes);
    },
    calls: {
      /** Keeps what clients with a cursor get at once, as one ready-made Buffer. */
      keep: (payloads: readonly Payload[]) => {
        missed = Buffer.concat(payloads.map(encodePayload));
      },
    },
  };
}
