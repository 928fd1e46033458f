import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import type { Payload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { listen } from './listen.js';

/** One channel, as its documentation shows. */
export async function start(): Promise<Contestant> {
  const channel = createChannel();
  const server = createServer((request, response) => {
    void createSession(request, response).then((session) =>
      channel.register(session),
    );
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: RESPONSE_STARTED,
    publish: (payload: Payload) => channel.broadcast(payload),
  };
}
