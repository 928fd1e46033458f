// A server in a process of its own, with nothing else in it whose memory could be taken for its streams'.
// Uses the built package: no test framework stands between it and Node. measured-server.ts talks to it.
import 'reflect-metadata';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { Controller, Inject, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  EventBusService,
  memoryEventLog,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';

const { platform, tls, fastPath, maxEvents } = JSON.parse(process.argv[2]);

class StreamsController {
  constructor(bus) {
    this.bus = bus;
  }

  open(topic) {
    return this.bus.stream(topic);
  }
}

class AppModule {}

/** What decorators would do if this file were compiled. */
function decorate() {
  const { prototype } = StreamsController;
  const handler = Object.getOwnPropertyDescriptor(prototype, 'open');
  SseStream(':topic')(prototype, 'open', handler);
  Param('topic')(prototype, 'open', 0);
  Object.defineProperty(prototype, 'open', handler);
  Inject(EventBusService)(StreamsController, undefined, 0);
  Controller()(StreamsController);
  const sse = SseModule.forRoot({
    fastPath,
    log: memoryEventLog({ maxEvents }),
  });
  Module({ imports: [sse], controllers: [StreamsController] })(AppModule);
}

/** What any stream of Node's own needs: the least there can be. */
function plainServer() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: stream-live\ndata: {}\n\n');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server }));
  });
}

async function nestServer() {
  decorate();
  const pem = readFileSync(new URL('localhost.pem', import.meta.url));
  const https = tls && { key: pem, cert: pem, allowHTTP1: true };
  const options = { logger: false };
  const adapter = () =>
    new FastifyAdapter({ https, http2: platform === 'fastify-http2' });
  const app =
    platform === 'express'
      ? await NestFactory.create(AppModule, {
          ...options,
          ...(https && { httpsOptions: https }),
        })
      : await NestFactory.create(AppModule, adapter(), options);
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  return { app, server: app.getHttpServer() };
}

const { app, server } = await (platform === 'plain'
  ? plainServer()
  : nestServer());

const answers = {
  /** Twice: what one turn has let go of is external memory until the next. */
  async memory() {
    for (let round = 0; round < 2; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc();
    }
    const { heapUsed, external } = process.memoryUsage();
    return { heapUsed, total: heapUsed + external };
  },
  sockets: () =>
    new Promise((resolve) =>
      server.getConnections((_error, count) => resolve(count)),
    ),
  /** Publishes numbers, each followed by a blank and as many bytes as are asked for. */
  async publish({ topic, from, to, bytes }) {
    const bus = app.get(EventBusService);
    const padding = 'x'.repeat(bytes);
    for (let number = from; number < to; number++) {
      const published = bus.publish(topic, `${number} ${padding}`);
      // Sockets are written to between turns.
      if (number % 100 === 99) {
        await published;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  },
  /** How many event blocks each open stream was sent. */
  async sent() {
    const connections = await app.get(SseConnections).list();
    return connections.map(({ blocksSent }) => blocksSent);
  },
};

process.on('message', async ({ ask, ...options }) => {
  process.send({ answer: await answers[ask](options) });
});
process.on('disconnect', () => process.exit());
process.send({ answer: server.address().port });
