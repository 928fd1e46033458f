import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { EventBusService, SseModule, SseStream } from 'nestjs-event-stream';
import { redisEventLog } from 'nestjs-event-stream/redis';
import type { Contestant } from './contestant.js';
import { createApplication } from './nest-application.js';

const TOPIC = 'compare.events';

/** This library, with the options that it has by itself. */
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
    imports: [SseModule.forRoot({ log: redisEventLog({ url }) })],
    controllers: [EventsController],
  })
  class AppModule {}

  const { app, port } = await createApplication('express', AppModule);
  const bus = app.get(EventBusService);
  return {
    port,
    path: '/events',
    readyWhen: '',
    publish: () => undefined,
    calls: {
      publish: async (key: string) => {
        await bus.publish(TOPIC, { key });
      },
    },
  };
}
