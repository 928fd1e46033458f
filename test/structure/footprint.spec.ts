import { jest } from '@jest/globals';
import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Controller } from '@nestjs/common';
import { of } from 'rxjs';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import { countTimers } from '../support/timers.js';

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

const AppModule = appOf([StreamsController]);

/** A guard against streams that cost more, or stay longer, than they have to. */
describe.each(PLATFORMS)('a connection on %s', (platform) => {
  let application: TestApplication;

  beforeAll(async () => {
    application = await startApplication(platform, AppModule);
    // One stream before anything is counted: what is made once for all.
    const first = await application.open('/open');
    await first.untilType('stream-live');
  });

  afterEach(() => jest.restoreAllMocks());

  afterAll(() => application.close());

  it('has no timer of its own', async () => {
    const timers = countTimers();
    for (let count = 0; count < 20; count++) {
      const client = await application.open('/open');
      await client.untilType('stream-live');
    }
    expect(timers).toEqual({ setInterval: 0, setTimeout: 0 });
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
});

function listenersOf(socket: Socket): Record<string, number> {
  return Object.fromEntries(
    socket
      .eventNames()
      .map((name) => [String(name), socket.listenerCount(name)]),
  );
}

function readToEnd(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response: IncomingMessage) => {
      response.resume().on('end', () => setImmediate(resolve));
    }).on('error', reject);
  });
}
