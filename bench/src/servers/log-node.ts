import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import {
  EventBusService,
  SseModule,
  SseStream,
  type EventLog,
} from 'nestjs-event-stream';
import { natsEventLog } from 'nestjs-event-stream/nats';
import { redisEventLog } from 'nestjs-event-stream/redis';
import type { Contestant } from './contestant.js';
import { createApplication } from './nest-application.js';
import { publishBurst, type BurstOptions } from './publishing.js';

const TOPIC = 'bench.events';

/** One node of this library, with its log in an engine. */
export async function start({ url }: { url: string }): Promise<Contestant> {
  @Controller()
  class EventsController {
    constructor(private readonly bus: EventBusService) {}

    @SseStream('events')
    events() {
      return this.bus.stream(TOPIC);
    }
  }

  @Module({
    imports: [SseModule.forRoot({ log: logAt(url) })],
    controllers: [EventsController],
  })
  class AppModule {}

  const { app, port } = await createApplication('fastify', AppModule);
  const bus = app.get(EventBusService);
  return {
    port,
    path: '/events',
    readyWhen: 'event: stream-live',
    publish: (payload) => void bus.publish(TOPIC, payload),
    calls: {
      burst: (options: BurstOptions) =>
        publishBurst((payload) => bus.publish(TOPIC, payload), options),
      /** @returns the id of the event */
      publishOne: async () => (await bus.publish(TOPIC, 'one')).id,
    },
  };
}

function logAt(url: string): EventLog {
  return url.startsWith('redis:')
    ? redisEventLog({ url })
    : natsEventLog({ servers: url, storage: 'memory' });
}
