import { createHook } from 'node:async_hooks';
import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Module } from '@nestjs/common';
import { of } from 'rxjs';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { until } from '../support/until.js';

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('open')
  open() {
    return this.bus.stream('events');
  }

  @SseStream('short')
  short() {
    return of('the only one');
  }
}

@Module({ imports: [SseModule.forRoot()], controllers: [StreamsController] })
class AppModule {}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Both ends of a connection, with room for noise: 13 and 9 KB are what is measured. */
const MAX_BYTES = { express: 18_000, fastify: 14_000 } as const;

/** A guard against streams that cost more, or stay longer, than they have to. */
describe.each(PLATFORMS)('a connection on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    // One stream before anything is counted: what is made once for all.
    const first = await application.open('/open');
    await first.untilType('stream-live');
  });

  afterAll(() => application.close());

  it('has no timer of its own', async () => {
    let timers = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'Timeout') timers++;
      },
    }).enable();
    for (let count = 0; count < 20; count++) {
      const client = await application.open('/open');
      await client.untilType('stream-live');
    }
    hook.disable();

    // Node has a few for all: it keeps the time for the Date header, for instance.
    expect(timers).toBeLessThan(10);
  });

  it('leaves no listener on a socket that goes on to serve others', async () => {
    const accepted: Socket[] = [];
    const server = application.app.getHttpServer() as Server;
    const note = (socket: Socket): number => accepted.push(socket);
    server.on('connection', note);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await readToEnd(`${application.url}/short`, agent);
    const afterOne = listenersOf(accepted[0]!);
    for (let count = 0; count < 12; count++)
      await readToEnd(`${application.url}/short`, agent);

    expect(accepted).toHaveLength(1);
    expect(listenersOf(accepted[0]!)).toEqual(afterOne);
    server.removeListener('connection', note);
    agent.destroy();
  });

  it('takes little memory, and gives it back', async () => {
    const { port } = new URL(application.url);
    const server = application.app.getHttpServer() as Server;
    const openAll = (count: number): Promise<Socket[]> =>
      Promise.all(Array.from({ length: count }, () => openRaw(Number(port))));
    const closeAll = async (sockets: Socket[]): Promise<void> => {
      const before = await connectionsOf(server);
      for (const socket of sockets) socket.destroy();
      const left = before - sockets.length;
      await until(async () => (await connectionsOf(server)) <= left);
    };
    await closeAll(await openAll(400));
    const before = heap();
    let sockets = await openAll(400);
    const perConnection = (heap() - before) / 400;
    await closeAll(sockets);
    sockets = [];

    expect(perConnection).toBeLessThan(MAX_BYTES[platform as 'express']);
    // What was closed is let go of some turns later.
    await until(() => heap() - before < 400 * 1_000, 'the memory is free');
  });
});

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

function listenersOf(socket: Socket): Record<string, number> {
  return Object.fromEntries(
    socket
      .eventNames()
      .map((name) => [String(name), socket.listenerCount(name)]),
  );
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

function readToEnd(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response: IncomingMessage) => {
      response.resume().on('end', () => setImmediate(resolve));
    }).on('error', reject);
  });
}

function openRaw(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      if (bytes.includes('stream-live')) resolve(socket);
    });
    socket.write('GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n');
  });
}
