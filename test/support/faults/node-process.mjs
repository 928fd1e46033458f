// A node in a process of its own, which can be killed and stopped. Uses the built package.
import 'reflect-metadata';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';

const [platform, topic, settings] = process.argv.slice(2);
const { engine, options, limits, clockMs = 0 } = JSON.parse(settings);

// Whoever asks for the time gets that of this node's clock.
globalThis.Date = class extends Date {
  constructor(...parts) {
    if (parts.length === 0) super(Date.now());
    else super(...parts);
  }

  static now() {
    return super.now() + clockMs;
  }
};

class NodeController {
  constructor(bus) {
    this.bus = bus;
  }

  events() {
    return this.bus.stream(topic);
  }
}

class NodeModule {}

const { prototype } = NodeController;
const handler = Object.getOwnPropertyDescriptor(prototype, 'events');
SseStream('events')(prototype, 'events', handler);
Object.defineProperty(prototype, 'events', handler);
Inject(EventBusService)(NodeController, undefined, 0);
Controller()(NodeController);
const log = { redis: redisEventLog, nats: natsEventLog }[engine](options);
const heartbeat = { intervalMs: 200 };
const imports = [SseModule.forRoot({ log, limits, heartbeat })];
Module({ imports, controllers: [NodeController] })(NodeModule);

const app =
  platform === 'express'
    ? await NestFactory.create(NodeModule, { logger: false })
    : await NestFactory.create(NodeModule, new FastifyAdapter(), {
        logger: false,
      });
await app.listen(0, '127.0.0.1');
const bus = app.get(EventBusService);

process.on('message', async ({ key }) => {
  try {
    const { id } = await bus.publish(topic, { key });
    process.send({ key, outcome: { state: 'published', id } });
  } catch ({ code }) {
    const state = code === 'PUBLISH_REJECTED' ? 'rejected' : 'unknown';
    process.send({ key, outcome: { state } });
  }
});
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
