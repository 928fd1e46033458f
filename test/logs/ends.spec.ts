import { Controller, Module } from '@nestjs/common';
import {
  EventBusService,
  SseModule,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';
import { startNats } from '../support/nats.js';
import {
  startApplication,
  type PlatformName,
  type TestApplication,
} from '../support/platforms.js';
import { startRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const WINDOW = { maxEvents: 6 };

const ENGINES: readonly (readonly [
  string,
  PlatformName,
  () => Promise<() => EventLog>,
])[] = [
  [
    'Redis',
    'fastify',
    async () => {
      const { url } = await startRedis();
      return () => redisEventLog({ url, window: WINDOW });
    },
  ],
  [
    'JetStream',
    'express',
    async () => {
      const { url: servers } = await startNats();
      return () => natsEventLog({ servers, window: WINDOW });
    },
  ],
];

@Controller()
class RoomsController {
  constructor(private readonly bus: EventBusService) {}

  @SseStream('rooms')
  rooms() {
    return this.bus.stream(['room.1', 'room.2']);
  }
}

describe.each(ENGINES)(
  'topics that end on %s, on %s',
  (_name, platform, open) => {
    let newLog: () => EventLog;

    const start = (log: EventLog): Promise<TestApplication> => {
      @Module({
        imports: [SseModule.forRoot({ log })],
        controllers: [RoomsController],
      })
      class RoomsModule {}
      return startApplication(platform, RoomsModule);
    };

    beforeEach(async () => {
      newLog = await open();
    });

    it('W5 are known to a node that starts when they are older than its window', async () => {
      const log = newLog();
      const first = await start(log);
      const bus = first.app.get(EventBusService);
      await bus.end('room.1');
      // Nobody starts just now: a third of a window later it is written down.
      const written = () => log.sharedKeys!.get('topic-ends-place');
      for (let count = 0; (await written()) === undefined; count++)
        await bus.publish('other', count);
      for (let count = 0; count < 20; count++)
        await bus.publish('other', count);
      const second = await start(newLog());
      const clients = [await first.open('/rooms'), await second.open('/rooms')];
      for (const client of clients) await client.untilType('stream-live');

      await bus.end('room.2');
      const ids = new Set<string | undefined>();
      for (const client of clients)
        ids.add((await client.untilType('stream-end')).id);
      expect(ids.size).toBe(1);
    });

    it('W5 are forgotten where they have gone on meanwhile', async () => {
      const log = newLog();
      const first = await start(log);
      const bus = first.app.get(EventBusService);
      await bus.end('room.1');
      const written = () => log.sharedKeys!.get('topic-ends-place');
      await until(async () => {
        await bus.publish('other', 0);
        return (await written()) !== undefined;
      });
      await bus.publish('room.1', 'goes on');
      for (let count = 0; count < 20; count++)
        await bus.publish('other', count);
      const second = await start(newLog());
      const client = await second.open('/rooms');
      await client.untilType('stream-live');
      await bus.end('room.2');
      await bus.publish('room.1', 'and on');
      await client.untilEvents(1);
      expect(client.types).not.toContain('stream-end');
    });
  },
);
