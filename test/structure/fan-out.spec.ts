import { jest } from '@jest/globals';
import { ServerResponse, type Server } from 'node:http';
import { Controller } from '@nestjs/common';
import { map } from 'rxjs';
import { EventBusService, SseStream } from 'nestjs-event-stream';
import { appOf } from '../support/app-of.js';
import {
  PLATFORMS,
  startApplication,
  type TestApplication,
} from '../support/platforms.js';
import type { SseTestClient } from '../support/sse-client.js';
import { logSockets, type SocketLog } from './server-sockets.js';

const CLIENTS = 12;
const MARK = 'mark-of-this-event';

@Controller()
class StreamsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('plain')
  plain() {
    return this.bus.stream('events');
  }

  @SseStream('operator')
  operator() {
    return this.bus.stream('events').pipe(map((event) => event));
  }
}

const AppModule = appOf([StreamsController]);

const SlowPathModule = appOf([StreamsController], { fastPath: false });

/** A guard against slow-downs that looks at what is done, not at how long it takes. */
describe.each(PLATFORMS)('the fan-out on %s', (platform) => {
  let application: TestApplication;
  let logs: SocketLog[];

  async function start(module: object): Promise<EventBusService> {
    application = await startApplication(platform, module);
    logs = logSockets(application.app.getHttpServer() as Server);
    return application.app.get(EventBusService);
  }

  async function openAll(path: string): Promise<SseTestClient[]> {
    const clients: SseTestClient[] = [];
    for (let count = 0; count < CLIENTS; count++) {
      const client = await application.open(path);
      await client.untilType('stream-live');
      clients.push(client);
    }
    for (const log of logs) log.writes = [];
    return clients;
  }

  afterEach(() => jest.restoreAllMocks());

  it.each(['/plain', '/operator'])(
    'encodes an event once for all connections, whose sockets write the same bytes (%s)',
    async (path) => {
      const bus = await start(AppModule);
      const clients = await openAll(path);
      const encodings = jest.spyOn(Buffer, 'from');
      await bus.publish('events', MARK);
      for (const client of clients) await client.untilEvents(1);

      const ofEvent = encodings.mock.calls.filter(([text]) =>
        String(text).includes(MARK),
      );
      expect(ofEvent).toHaveLength(1);
      expect(logs.map(({ writes }) => writes.length)).toEqual(
        Array(CLIENTS).fill(1),
      );
      expect(new Set(logs.flatMap(({ writes }) => writes)).size).toBe(1);
    },
  );

  it.each(['/plain', '/operator'])(
    'writes the events of one turn in one go, the same bytes for all (%s)',
    async (path) => {
      const bus = await start(AppModule);
      const clients = await openAll(path);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => bus.publish('events', index)),
      );
      for (const client of clients) await client.untilEvents(20);

      expect(logs.map(({ writes }) => writes.length)).toEqual(
        Array(CLIENTS).fill(1),
      );
      expect(new Set(logs.flatMap(({ writes }) => writes)).size).toBe(1);
    },
  );

  it('writes once a turn without the fast path, too', async () => {
    const bus = await start(SlowPathModule);
    const clients = await openAll('/plain');
    const writes = jest.spyOn(ServerResponse.prototype, 'write');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => bus.publish('events', index)),
    );
    for (const client of clients) await client.untilEvents(20);

    expect(writes).toHaveBeenCalledTimes(CLIENTS);
    expect(new Set(writes.mock.calls.map(([bytes]) => bytes)).size).toBe(1);
  });

  it('sends what a client missed in one write', async () => {
    const bus = await start(AppModule);
    // A turn's time for reading is never over, however often a busy machine takes the processor away.
    jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    const { id } = await bus.publish('events', 'seen');
    for (let count = 0; count < 100; count++)
      await bus.publish('events', count);
    const client = await application.open('/plain', { lastEventId: id });
    await client.untilType('stream-live');

    expect(client.events).toHaveLength(100);
    const withEvents = logs[0]!.writes.filter((bytes) =>
      String(bytes).includes('data: '),
    );
    expect(withEvents).toHaveLength(1);
  });
});
