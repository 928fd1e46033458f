import { createHook } from 'node:async_hooks';
import {
  Agent,
  createServer,
  get,
  type IncomingMessage,
  type Server,
} from 'node:http';
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

/**
 * The heap of both ends of an idle connection, against that of Node's own server with nothing on it,
 * measured beside it: what else has run in this process weighs on both. Measured: 2.2 and 1.5.
 */
const MAX_RATIO = { express: 2.8, fastify: 2.2 } as const;

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
    const plain = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: stream-live\ndata: {}\n\n');
    });
    await new Promise<void>((resolve) => {
      plain.listen(0, '127.0.0.1', resolve);
    });
    const least = await footprintOf(plain);
    const server = application.app.getHttpServer() as Server;
    const ours = await footprintOf(server);
    plain.close();

    const limit = MAX_RATIO[platform as keyof typeof MAX_RATIO];
    expect(ours.perConnection / least.perConnection).toBeLessThan(limit);
    // Of what was closed nothing stays, but for noise.
    expect(ours.kept).toBeLessThan(ours.perConnection / 5);
  });
});

/**
 * What the heap grows by for each of 400 idle connections, after as many came and went; and what it keeps
 * of each after 800 more.
 */
async function footprintOf(
  server: Server,
): Promise<{ perConnection: number; kept: number }> {
  const { port } = server.address() as { port: number };
  const openAll = (count: number): Promise<Socket[]> =>
    Promise.all(Array.from({ length: count }, () => openRaw(port)));
  const closeAll = async (sockets: Socket[]): Promise<void> => {
    const before = await connectionsOf(server);
    for (const socket of sockets) socket.destroy();
    const left = before - sockets.length;
    await until(async () => (await connectionsOf(server)) <= left);
  };
  await closeAll(await openAll(400));
  const before = heap();
  const sockets = await openAll(400);
  const perConnection = (heap() - before) / 400;
  await closeAll(sockets);
  const emptied = heap();
  for (let round = 0; round < 2; round++) await closeAll(await openAll(400));
  return { perConnection, kept: (heap() - emptied) / 800 };
}

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
