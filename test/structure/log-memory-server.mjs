// Fills the memory log of an application, and says what that takes: in a process of its own, with nothing else in
// it whose memory could be taken for the log's. Uses the built package, as an application does.
import 'reflect-metadata';
import { connect } from 'node:net';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  EventBusService,
  memoryEventLog,
  pattern,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { map } from 'rxjs';

const MAX_BYTES = 8 * 1024 * 1024;
const TEXTS = {
  latin: 'Füße und Boxkämpfer quer durch Sylt ',
  cjk: '漢字仮名交じり文です',
  emoji: '😀🎉🚀🌍',
};
/** The ways a client reads: each leaves other forms of the events behind. */
const ROUTES = {
  plain: (bus) => bus.stream(pattern('>')),
  filtered: (bus) =>
    bus.stream(pattern('>'), { filter: ({ data }) => data.n !== -1 }),
  operators: (bus) => bus.stream(pattern('>')).pipe(map((event) => event)),
};

function applicationWith(log) {
  class EventsController {
    constructor(bus) {
      this.bus = bus;
    }
  }
  for (const [name, open] of Object.entries(ROUTES)) {
    const { prototype } = EventsController;
    prototype[name] = function handler() {
      return open(this.bus);
    };
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    SseStream(name)(prototype, name, descriptor);
    Object.defineProperty(prototype, name, descriptor);
  }
  Inject(EventBusService)(EventsController, undefined, 0);
  Controller()(EventsController);
  class AppModule {}
  const imports = [SseModule.forRoot({ log, heartbeat: false })];
  Module({ imports, controllers: [EventsController] })(AppModule);
  return AppModule;
}

/** A client that throws away what it reads; resolves once it has caught up. */
function open(port, path, lastEventId) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    let end = '';
    socket.on('data', (bytes) => {
      end = (end + bytes.toString('latin1')).slice(-20_000);
      if (end.includes('event: stream-live')) resolve(socket);
    });
    const cursor =
      lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cursor}\r\n`);
  });
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  // What buffers take is part of what is external to the heap.
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function textOf(kind, characters, index) {
  let text = String(index);
  while (text.length < characters) text += TEXTS[kind];
  return text.slice(0, characters).toWellFormed();
}

/** What is kept once clients have read what was on its way to them, and the collector has been by. */
async function settledMemory() {
  let least = memory();
  for (let looks = 0; looks < 20; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    least = Math.min(least, memory());
  }
  return least;
}

async function ratioOf(platform, { kind, characters, topics, live }) {
  const log = memoryEventLog({ maxEvents: 1e9, maxBytes: MAX_BYTES });
  const AppModule = applicationWith(log);
  const options = { logger: false };
  const app =
    platform === 'express'
      ? await NestFactory.create(AppModule, options)
      : await NestFactory.create(AppModule, new FastifyAdapter(), options);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const bus = app.get(EventBusService);
  const sockets = live ? [await open(port, '/plain')] : [];
  const before = memory();

  // Twice what the log may keep, by the smallest measure there is.
  const count = Math.ceil((2 * MAX_BYTES) / Math.max(characters, 200));
  let middle;
  for (let n = 0; n < count; n++) {
    const text = textOf(kind, characters, n);
    const { id } = await bus.publish(`t.${n % topics}`, { n, text });
    if (n % 200 === 0) await turn();
    if (n === count - Math.ceil(count / 5)) middle = id;
  }
  const filled = (await settledMemory()) - before;
  for (const path of ['/filtered', '/operators', '/plain']) {
    const socket = await open(port, path, middle);
    socket.destroy();
  }
  const replayed = (await settledMemory()) - before;
  for (const socket of sockets) socket.destroy();
  await app.close();
  return { filled: filled / MAX_BYTES, replayed: replayed / MAX_BYTES };
}

const [platform] = process.argv.slice(2);
process.on('message', (shape) => {
  ratioOf(platform, shape).then(
    (ratios) => process.send(ratios),
    (error) => process.send({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send('ready');
