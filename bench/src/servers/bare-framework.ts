import type { ServerResponse } from 'node:http';
import express from 'express';
import fastify from 'fastify';
import { encodePayload } from '../harness/payload.js';
import { RESPONSE_STARTED, type Contestant } from './contestant.js';
import { listen } from './listen.js';

/** A loop over raw responses in Express or Fastify without Nest: what the framework alone keeps in memory. */
export async function start(options: {
  platform: 'express' | 'fastify';
}): Promise<Contestant> {
  const responses = new Set<ServerResponse>();
  const open = (response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    responses.add(response);
    response.on('close', () => responses.delete(response));
  };
  return {
    port:
      options.platform === 'express'
        ? await startExpress(open)
        : await startFastify(open),
    path: '/events',
    readyWhen: RESPONSE_STARTED,
    publish: (payload) => {
      const bytes = encodePayload(payload);
      for (const response of responses) response.write(bytes);
    },
  };
}

type Open = (response: ServerResponse) => void;

async function startExpress(open: Open): Promise<number> {
  const { createServer } = await import('node:http');
  const app = express();
  app.get('/events', (_request, response) => open(response));
  return listen(createServer(app));
}

async function startFastify(open: Open): Promise<number> {
  const app = fastify();
  app.get('/events', (_request, reply) => {
    reply.hijack();
    open(reply.raw);
  });
  await app.ready();
  return listen(app.server);
}
