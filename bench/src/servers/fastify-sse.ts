import fastifySse from '@fastify/sse';
import fastify, { type FastifyReply } from 'fastify';
import type { Payload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';

/** A set of replies and a loop over `reply.sse.send`. */
export async function start(): Promise<Contestant> {
  const replies = new Set<FastifyReply>();
  const app = fastify();
  await app.register(fastifySse as never);
  app.get('/events', { sse: 'only' } as object, async (_request, reply) => {
    reply.sse.keepAlive();
    reply.sse.sendHeaders();
    // Left alone it would send them with the first heartbeat, after 30 seconds.
    reply.raw.flushHeaders();
    replies.add(reply);
    reply.raw.on('close', () => replies.delete(reply));
  });
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  return {
    port: (app.server.address() as { port: number }).port,
    path: '/events',
    readyWhen: RESPONSE_STARTED,
    publish: (payload: Payload) => {
      for (const reply of replies)
        reply.sse.send({ data: payload }).catch(() => undefined);
    },
  };
}
