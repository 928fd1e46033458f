import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Controller, Module, Query } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  EventBusService,
  memoryEventLog,
  SseEvent,
  SseModule,
  SseStream,
} from 'nestjs-event-stream';
import { map } from 'rxjs';
import { makePayload, type Payload } from '../harness/payload.js';
import type { Contestant } from './contestant.js';
import { TurnWatch } from './turn-watch.js';
import { createApplication, type Platform } from './nest-application.js';

/** How the handler makes its stream of the bus stream. */
export type Source = 'plain' | 'operator' | 'filter' | 'validated';

export interface EventStreamOptions {
  readonly platform: Platform;
  readonly source?: Source;
  readonly fastPath?: boolean;
  readonly heartbeatMs?: number;
  readonly maxEvents?: number;
  readonly isCompressed?: boolean;
}

@SseEvent('tick')
class Tick {
  @IsString() at!: string;
  @IsString() text!: string;
}

const TOPIC = 'bench.events';

/** This library, in an application with nothing else in it. */
export async function start(options: EventStreamOptions): Promise<Contestant> {
  const { source = 'plain', fastPath, heartbeatMs, maxEvents } = options;

  @Controller()
  class EventsController {
    constructor(private readonly bus: EventBusService) {}

    @SseStream('plain')
    plain(@Query('topic') topic = TOPIC) {
      return this.bus.stream(topic);
    }

    /** The first so many of the topics that `fill` publishes to. */
    @SseStream('many')
    many(@Query('topics') topics: string) {
      const count = Number(topics);
      return this.bus.stream(
        Array.from({ length: count }, (_, index) => `bench.${index}`),
      );
    }

    @SseStream('operator')
    operator() {
      return this.bus.stream(TOPIC).pipe(map((event) => event));
    }

    @SseStream('filter')
    filter() {
      const own = Math.random();
      return this.bus.stream(TOPIC, {
        filter: ({ type }) => own < type.length,
      });
    }

    @SseStream('validated')
    validated() {
      return this.bus.stream(TOPIC);
    }
  }

  @Module({
    imports: [
      SseModule.forRoot({
        log: memoryEventLog({ maxEvents, maxBytes: 1024 ** 3 }),
        fastPath,
        // Above what a stream begins with, which then stays readable to the load side.
        compression: options.isCompressed && { minBytes: 512 },
        heartbeat:
          heartbeatMs === undefined ? undefined : { intervalMs: heartbeatMs },
      }),
    ],
    controllers: [EventsController],
  })
  class AppModule {}

  const { app, port } = await createApplication(options.platform, AppModule);
  const bus = app.get(EventBusService);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const turns = new TurnWatch();
  const publish = (payload: Payload): void => {
    const event =
      source === 'validated' ? Object.assign(new Tick(), payload) : payload;
    void bus.publish(TOPIC, event);
  };
  return {
    port,
    path: `/${source}`,
    readyWhen: 'event: stream-live',
    publish,
    calls: {
      /** @returns the cursor before the events that were published */
      fill: (argument: FillOptions) => fill(bus, argument),
      watchLoop: () => {
        delay.reset();
        delay.enable();
      },
      watchTurns: () => turns.start(),
      longestTurnMs: () => turns.stop(),
      loopDelayMs: () => {
        delay.disable();
        return { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6 };
      },
    },
  };
}

interface FillOptions {
  /** Topics `bench.0`, `bench.1`, ..., in turns. */
  readonly topics: number;
  readonly events: number;
  readonly bytes: number;
}

async function fill(
  bus: EventBusService,
  { topics, events, bytes }: FillOptions,
): Promise<string> {
  const { id } = await bus.publish('bench.0', 'the last one that was seen');
  for (let count = 0; count < events; count++) {
    const done = bus.publish(`bench.${count % topics}`, makePayload(bytes));
    if (count % 1000 === 999) await done;
  }
  await bus.publish('bench.none', 0);
  return id;
}
