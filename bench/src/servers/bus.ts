import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventBusService, pattern, SseModule } from 'nestjs-event-stream';
import { makePayload } from '../harness/payload.js';
import type { Contestant } from './contestant.js';

@Module({ imports: [SseModule.forRoot()] })
class AppModule {}

interface BusOptions {
  readonly topics: number;
  readonly patterns: number;
}

/** A bus without HTTP, with many subscriptions of server code that the published topic does not match. */
export async function start(options: BusOptions): Promise<Contestant> {
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
  });
  const bus = app.get(EventBusService);
  let delivered = 0;
  bus.stream('bench.hot').subscribe(() => delivered++);
  for (let count = 0; count < options.topics; count++)
    bus.stream(`users.${count}`).subscribe();
  for (let count = 0; count < options.patterns; count++)
    bus.stream(pattern(`rooms.${count}.*`)).subscribe();
  return {
    port: 0,
    path: '',
    readyWhen: '',
    publish: () => undefined,
    calls: {
      /** @returns CPU time of a publish with its delivery, in microseconds */
      publishMany: async (events: number) => {
        const before = delivered;
        const cpu = process.cpuUsage();
        for (let count = 0; count < events; count++) {
          const done = bus.publish('bench.hot', makePayload(100));
          if (count % 10 === 9) await done;
        }
        await new Promise((resolve) => setImmediate(resolve));
        const { user, system } = process.cpuUsage(cpu);
        if (delivered - before !== events)
          throw new Error(`${delivered - before} of ${events} were delivered`);
        return (user + system) / events;
      },
    },
  };
}
