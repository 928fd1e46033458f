// A node in a process of its own that produces runs, and can be killed and stopped. Uses the built package.
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  Param,
  Post,
  Query,
  RequestMethod,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SseModule, SseStream } from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { StreamRuns, StreamRunsModule } from 'nestjs-event-stream/runs';

const { platform, engine, options, leaseMs } = JSON.parse(process.argv[2]);

const started = [];
const aborted = [];

async function* tokens(id, count, signal) {
  started.push(id);
  signal.addEventListener('abort', () => aborted.push(id));
  for (let index = 0; index < count; index++) {
    if (index % 10 === 0) await pause(1);
    if (signal.aborted) return;
    yield `${index}`;
  }
}

class RunsController {
  constructor(runs) {
    this.runs = runs;
  }

  post(id, count) {
    return this.runs.stream(id, ({ signal }) =>
      tokens(id, Number(count), signal),
    );
  }

  attach(id) {
    return this.runs.attach(id);
  }

  async stop(id) {
    return { stopped: await this.runs.stop(id) };
  }

  async status(id) {
    return { ...(await this.runs.status(id)), started, aborted };
  }
}

class NodeModule {}

function decorate(name, ...decorators) {
  const { prototype } = RunsController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  Param('id')(prototype, name, 0);
  for (const one of decorators) one(prototype, name, descriptor);
  Object.defineProperty(prototype, name, descriptor);
}
Query('count')(RunsController.prototype, 'post', 1);
decorate('post', SseStream(':id', { method: RequestMethod.POST }));
decorate('attach', SseStream(':id'));
decorate('stop', Post(':id/stop'), HttpCode(200));
decorate('status', Get(':id/status'));
Inject(StreamRuns)(RunsController, undefined, 0);
Controller('runs')(RunsController);
const logOf = { redis: redisEventLog, nats: natsEventLog }[engine];
const log = logOf({ ...options, publishTimeoutMs: 1_000 });
const imports = [
  SseModule.forRoot({ log, heartbeat: { intervalMs: 200 } }),
  StreamRunsModule.forRoot({ leaseMs }),
];
Module({ imports, controllers: [RunsController] })(NodeModule);

const app =
  platform === 'express'
    ? await NestFactory.create(NodeModule, { logger: false })
    : await NestFactory.create(NodeModule, new FastifyAdapter(), {
        logger: false,
      });
await app.listen(0, '127.0.0.1');
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
