// A server in a process of its own, with nothing else in it whose memory could be taken for its connections'.
// Uses the built package: no test framework stands between it and Node.
import 'reflect-metadata';
import { createServer } from 'node:http';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';

class EventsController {
  constructor(bus) {
    this.bus = bus;
  }

  open() {
    return this.bus.stream('events');
  }
}

class AppModule {}

function decorate() {
  const { prototype } = EventsController;
  const handler = Object.getOwnPropertyDescriptor(prototype, 'open');
  SseStream('open')(prototype, 'open', handler);
  Object.defineProperty(prototype, 'open', handler);
  Inject(EventBusService)(EventsController, undefined, 0);
  Controller()(EventsController);
  const imports = [SseModule.forRoot()];
  Module({ imports, controllers: [EventsController] })(AppModule);
}

/** What any stream of Node's own needs: the least there can be. */
function plainServer() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: stream-live\ndata: {}\n\n');
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function nestServer(platform) {
  decorate();
  const options = { logger: false };
  const app =
    platform === 'express'
      ? await NestFactory.create(AppModule, options)
      : await NestFactory.create(AppModule, new FastifyAdapter(), options);
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer();
}

const [platform] = process.argv.slice(2);
const server = await (platform === 'plain'
  ? plainServer()
  : nestServer(platform));

process.on('message', () => {
  server.getConnections((_error, connections) => {
    globalThis.gc();
    globalThis.gc();
    const { heapUsed } = process.memoryUsage();
    process.send({ connections, heapUsed });
  });
});
process.on('disconnect', () => process.exit());
process.send({ port: server.address().port });
