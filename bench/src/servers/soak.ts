import 'reflect-metadata';
import type { Server } from 'node:net';
import { Controller, ForbiddenException, Module } from '@nestjs/common';
import {
  EventBusService,
  memoryEventLog,
  pattern,
  SseConnections,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { concatMap, delay, interval, map, merge, of, throwError } from 'rxjs';
import type { Contestant } from './contestant.js';
import { createApplication, type Platform } from './nest-application.js';

/** What an application holds at one moment; all of it but the heap has to be back where it began. */
export interface Held {
  readonly streams: number;
  readonly sockets: number;
  readonly generators: number;
  readonly timers: number;
}

const LOG_EVENTS = 2_000;
/** Fewer than there are clients: some are refused. */
const MAX_STREAMS = 40;
const PADDING = 'x'.repeat(1_000);

/** An application with a route of every kind, for `npm run soak`. */
export async function start({
  platform,
}: {
  readonly platform: Platform;
}): Promise<Contestant> {
  let generators = 0;

  async function* numbers(): AsyncGenerator<string> {
    generators++;
    try {
      for (let number = 0; ; number++) {
        yield `${number} ${PADDING}`;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      generators--;
    }
  }

  @Controller()
  class SoakController {
    constructor(private readonly bus: EventBusService) {}

    @SseStream('topic')
    topic() {
      return this.bus.stream('soak.a');
    }

    @SseStream('mixed')
    mixed() {
      return this.bus.stream(['soak.a', 'soak.b', pattern('other.*')]);
    }

    @SseStream('snapshot')
    snapshot() {
      return this.bus.stream('soak.b', {
        *snapshot() {
          for (let row = 0; row < 50; row++) yield { row, PADDING };
        },
      });
    }

    @SseStream('operators')
    operators() {
      return merge(
        this.bus
          .stream('soak.a')
          .pipe(concatMap((event) => of({ ...event }).pipe(delay(1)))),
        interval(50),
      );
    }

    @SseStream('generator')
    generator() {
      return numbers();
    }

    @SseStream('ending')
    ending() {
      return of(1, 2, 3);
    }

    @SseStream('failing')
    failing() {
      return merge(
        this.bus.stream('soak.a').pipe(map(({ data }) => data)),
        of(1).pipe(
          delay(30),
          concatMap(() => throwError(() => new ForbiddenException())),
        ),
      );
    }

    @SseStream('forbidden')
    forbidden() {
      throw new ForbiddenException();
    }

    @SseStream('slow')
    async slow() {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return this.bus.stream('soak.a');
    }
  }

  @Module({
    imports: [
      SseModule.forRoot({
        log: memoryEventLog({ maxEvents: LOG_EVENTS }),
        limits: { total: MAX_STREAMS },
        heartbeat: { intervalMs: 1_000 },
        slowConsumer: { stallTimeoutMs: 2_000 },
        compression: {},
      }),
    ],
    controllers: [SoakController],
  })
  class AppModule {}

  const { app, port } = await createApplication(platform, AppModule);
  const bus = app.get(EventBusService);
  const server = app.getHttpServer() as Server;
  const publish = async (count: number): Promise<void> => {
    const topics = ['soak.a', 'soak.b', 'other.c'];
    for (let number = 0; number < count; number++)
      await bus.publish(topics[number % topics.length]!, PADDING);
  };
  return {
    port,
    path: '/topic',
    readyWhen: 'event: stream-live',
    publish: () => void publish(1),
    calls: {
      publish,
      end: () => bus.end('soak.b'),
      disconnect: () => app.get(SseConnections).disconnect({ topic: 'soak.a' }),
      /** Every record of the log is one of these afterwards, so that two looks at the heap compare. */
      fill: () => publish(LOG_EVENTS),
      held: async (): Promise<Held> => ({
        streams: await app.get(SseConnections).count(),
        sockets: await new Promise((resolve) =>
          server.getConnections((_error, count) => resolve(count)),
        ),
        generators,
        timers: process
          .getActiveResourcesInfo()
          .filter((name) => name === 'Timeout').length,
      }),
    },
  };
}
