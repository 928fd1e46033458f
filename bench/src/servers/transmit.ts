import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { Transmit } from '@boringnode/transmit';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { listen } from './listen.js';

/** One public channel, which every stream is subscribed to by the server. */
export async function start(): Promise<Contestant> {
  const transmit = new Transmit({ pingInterval: false, transport: null });
  const server = createServer((request, response) => {
    const uid = randomUUID();
    const stream = transmit.createStream({
      uid,
      context: {},
      request,
      response,
      injectResponseHeaders: undefined,
    } as never);
    void stream;
    void transmit.subscribe({ uid, channel: 'events', context: {} } as never);
  });
  return {
    port: await listen(server),
    path: '/',
    readyWhen: RESPONSE_STARTED,
    publish: (payload) => transmit.broadcast('events', { ...payload }),
  };
}
